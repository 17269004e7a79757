"""What one screen shows: a look, what the past says about it, and the verdict. Pure."""

from dataclasses import dataclass

from giveway.cli.top.facts import Batch, GaveWay, Look, Standing, Trouble, Worker
from giveway.cli.top.past import Past, Rates
from giveway.cli.top.verdict import Finding, verdict
from giveway.cli.top.waits import Waits
from giveway.core.record import TierSnapshot

_STANDINGS = list(Standing)


@dataclass(frozen=True, slots=True)
class TierView:
    """One tier with its rates and waits; `limit`: how much it may hold."""

    now: TierSnapshot
    rates: Rates | None
    waits: Waits | None
    limit: int | None


@dataclass(frozen=True, slots=True)
class BatchView:
    """One batch and how fast it goes; None: not known."""

    batch: Batch
    per_second: float | None

    @property
    def eta_seconds(self) -> float | None:
        """When it is finished if it goes on like this."""
        left = self.batch.total - self.batch.done
        if not self.per_second or left <= 0 or self.batch.standing is not Standing.RUNNING:
            return None
        return left / self.per_second


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything. `look` is the last one there was, `age_seconds` old; None before the first."""

    queue: str
    findings: tuple[Finding, ...]
    at: float
    look: Look | None = None
    age_seconds: float = 0.0
    past_seconds: float = 0.0
    tiers: tuple[TierView, ...] = ()
    batches: tuple[BatchView, ...] = ()

    @property
    def workers(self) -> tuple[Worker, ...]:
        return self.look.workers if self.look else ()

    @property
    def gave_way(self) -> tuple[GaveWay, ...]:
        """Of all workers, the latest first."""
        lines = [line for worker in self.workers for line in worker.gave_way]
        return tuple(sorted(lines, key=lambda line: line.at_ms, reverse=True))

    def name_of(self, id: str) -> str:
        """A task's name, or as much of its id as tells it from others."""
        known = self.look.names.get(id) if self.look else None
        return known or f"…{id[-6:]}"


def moment(
    queue: str,
    look: Look | None,
    past: Past,
    *,
    trouble: Trouble | None,
    now: float,
    unanswered_seconds: float,
) -> Moment:
    """`now`: seconds since the epoch; `unanswered_seconds`: since the last answer of Redis."""
    findings = verdict(look, past, trouble=trouble, now=now, unanswered_seconds=unanswered_seconds)
    if look is None:
        return Moment(queue, findings, now)
    order = {tier.name: rank for rank, tier in enumerate(look.snapshot.tiers)}
    batches = sorted(
        look.batches,
        key=lambda one: (_STANDINGS.index(one.standing), order.get(one.tier, 99), one.id),
    )
    return Moment(
        queue=queue,
        findings=findings,
        at=now,
        look=look,
        age_seconds=unanswered_seconds,
        past_seconds=past.seconds,
        tiers=tuple(
            TierView(
                now=tier,
                rates=past.rates(tier.name),
                waits=past.waits(tier.name),
                limit=look.limits.get(tier.name),
            )
            for tier in look.snapshot.tiers
        ),
        batches=tuple(BatchView(one, past.items_per_second(one.id)) for one in batches),
    )
