"""Giveway's own law: the very `rates` and `policy` of the operator, fed with synthetic snapshots.

It looks every 2 s, and a push to a queue without replicas wakes it (`giveway:bell`); 250 ms later
the replicas are asked for. It is given the promises, τ and the slots of a replica, as the resource
and the operator's own measurement give them, and no service time before it has measured one.
"""

from dataclasses import dataclass

from giveway.core.record import Snapshot, TierSnapshot
from giveway_operator.decision import Bounds, Decision, Memory
from giveway_operator.load import TierPromise
from giveway_operator.policy import decide
from giveway_operator.rates import Rates
from giveway_operator.simulate.policies.surroundings import Surroundings
from giveway_operator.simulate.sight import Sight, TierSight

_MICRO = 1_000_000
_MILLI = 1_000


@dataclass(frozen=True, slots=True)
class GivewaySettings:
    """Fields of the resource: `scaling.minReplicas` and `scaling.downWindowSeconds`."""

    min_replicas: int = 0
    down_window_seconds: float | None = None


class GivewayLaw:
    """Asks for what `policy.decide` says. `decision`: the last one, for who wants to know why."""

    name = "giveway"
    period_seconds = 2.0
    bell_seconds: float | None = 0.25

    def __init__(self, settings: GivewaySettings, around: Surroundings) -> None:
        workers = around.workers
        self.decision: Decision | None = None
        self._promises = tuple(TierPromise(each.tier, each.slo_seconds) for each in around.promises)
        self._bounds = Bounds(
            min_replicas=max(workers.min_replicas, settings.min_replicas),
            max_replicas=workers.max_replicas,
            slots_per_replica=workers.slots,
            startup_seconds=workers.startup_seconds,
            down_window_seconds=settings.down_window_seconds,
        )
        self._rates = Rates()
        self._memory = Memory(since=0.0)

    def first_replicas(self) -> int:
        return self._bounds.min_replicas

    def replicas(self, sight: Sight) -> int:
        load = self._rates.look(
            self._snapshot(sight),
            promises=self._promises,
            now=sight.now,
            has_workers=sight.ready > 0,
        )
        self.decision, self._memory = decide(
            load,
            bounds=self._bounds,
            memory=self._memory,
            current=sight.replicas,
            now=sight.now,
        )
        return self.decision.replicas

    def _snapshot(self, sight: Sight) -> Snapshot:
        return Snapshot(
            server_time_us=int(sight.now * _MICRO),
            tiers=tuple(
                _tier(promise.name, tier)
                for promise, tier in zip(self._promises, sight.tiers, strict=True)
            ),
            dead=0,
            next_due_us=None,
            workers=sight.ready,
        )


def _tier(name: str, tier: TierSight) -> TierSnapshot:
    return TierSnapshot(
        name=name,
        open=True,
        paused=False,
        depth=tier.waiting,
        oldest_seconds=tier.oldest_seconds,
        inflight=tier.running,
        suspended=tier.suspended,
        running_batches=tier.batches,
        delayed=0,
        due=0,
        counters={
            "enqueued": tier.enqueued,
            "claimed": tier.claimed,
            "done": tier.done,
            "yielded": tier.yielded,
            "busy_ms": int(tier.busy_seconds * _MILLI),
            "items": tier.items,
            "items_ms": int(tier.items_seconds * _MILLI),
        },
        items_left=tier.items_left,
    )
