"""A queue and the resources that are in charge of it: there may be more than one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from giveway.core.connection import Connection
from giveway.core.keys import QueueKeys
from giveway_operator.facts import PodFacts, QueueKey, WorkerFacts
from giveway_operator.ghosts import Ghost, ghosts, gone
from giveway_operator.recycle.values import Charge


@dataclass(frozen=True, slots=True)
class Bench:
    """What counts is the strictest of its resources."""

    keys: QueueKeys
    charges: tuple[Charge, ...]

    @property
    def allowed(self) -> bool:
        return all(charge.recycle and charge.agreed for charge in self.charges)

    @property
    def at_most(self) -> int:
        return min(charge.max_per_cycle for charge in self.charges)

    @property
    def overslept_seconds(self) -> float:
        return max(charge.max_idle_seconds for charge in self.charges)

    @property
    def workers(self) -> tuple[WorkerFacts, ...]:
        """By the latest look: all of them see the same workers."""
        return max(self.charges, key=lambda charge: charge.facts.at).facts.workers

    @property
    def gone(self) -> frozenset[str]:
        return frozenset[str]().union(
            *(
                gone(self.workers, pods=charge.pods, resource_uid=charge.resource_uid)
                for charge in self.charges
            )
        )

    def with_pods(self, pods: Mapping[QueueKey, tuple[PodFacts, ...] | None]) -> "Bench":
        """The same, with other pods than were seen before."""
        return replace(
            self,
            charges=tuple(replace(charge, pods=pods[charge.key]) for charge in self.charges),
        )

    def ghosts(self, mine: Iterable[Connection]) -> tuple[Ghost, ...]:
        """The stale ones among its connections."""
        return ghosts(
            mine, workers=self.workers, gone=self.gone, overslept_seconds=self.overslept_seconds
        )

    def whose(self, owner: str) -> QueueKey:
        """The resource that made this worker; of others the first."""
        made = {one.resource_uid for one in self.workers if one.incarnation == owner} - {""}
        of = (charge for charge in self.charges if charge.resource_uid in made)
        return next(of, self.charges[0]).key


def benches(charges: Sequence[Charge]) -> list[Bench]:
    """The queues, by name; in each the resources by name."""
    queues: dict[str, list[Charge]] = {}
    for charge in sorted(charges, key=lambda one: str(one.key)):
        queues.setdefault(charge.queue, []).append(charge)
    return [Bench(QueueKeys(name), tuple(queues[name])) for name in sorted(queues)]
