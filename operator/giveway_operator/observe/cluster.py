"""What there is of each queue in the cluster: its Deployment, its pods, who else scales it.

Problem: a thousand queues, looked at every two seconds one by one, are a thousand requests a second
at an API server that has other things to do. Model: everything is listed on a slow period, by
label, page by page; a queue whose pods come or go is looked at by itself, more often; and before
anything is removed it is looked at again (`look`). What was seen once stands until the next look.

Invariants: what could not be listed is `Unseen`, never empty; a Deployment that is not there is a
fact of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from giveway_operator.cluster.api import Api
from giveway_operator.facts import QueueKey, SeenCluster


@dataclass(frozen=True, slots=True)
class Target:
    """Which Deployment belongs to a queue. `made`: by us, from a template, for resource `uid`."""

    key: QueueKey
    deployment: str
    made: bool
    uid: str = ""


class ClusterView:
    """One for the whole operator. `namespaces`: where queues are; none: in the whole cluster."""

    def __init__(
        self,
        api: Api,
        *,
        namespaces: Sequence[str] = (),
        slow_seconds: float = 30.0,
        quick_seconds: float = 4.0,
    ) -> None:
        raise NotImplementedError

    async def look_all(self, targets: Sequence[Target]) -> Mapping[QueueKey, SeenCluster]:
        """The last that is known of each; only what has grown too old is asked for."""
        raise NotImplementedError

    async def look(self, target: Target) -> SeenCluster:
        """One queue, now. What is found stands for `look_all` too."""
        raise NotImplementedError

    def startup_seconds(self, key: QueueKey) -> float | None:
        """τ: the median from a pod's creation until it was ready, of the last 20; None so far."""
        raise NotImplementedError

    def forget(self, key: QueueKey) -> None:
        """Its resource has gone."""
        raise NotImplementedError
