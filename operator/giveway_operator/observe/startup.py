"""How long a pod takes from its creation until it is ready: τ, measured.

Model: the median of the last twenty pods of a queue, each measured once, when it is first seen
ready. The instants are the API server's and the kubelet's, in whole seconds. Readiness that comes
back (after a restart, after an outage of Redis) moves the second instant: a pod counts once, with
what it was first seen with; one whose container was started again does not count; and the median
stands above the few that were first seen after an outage.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from giveway_operator.facts import PodFacts, QueueKey

_LAST = 20
_LONGEST_SECONDS = 1800.0  # a pod that waited longer waited for a node or a quota, not for itself


@dataclass(slots=True)
class _Measured:
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_LAST))
    known: set[str] = field(default_factory=set)


class StartupTimes:
    """Of all queues."""

    def __init__(self) -> None:
        self._measured: dict[QueueKey, _Measured] = {}

    def saw(self, key: QueueKey, pods: Iterable[PodFacts]) -> None:
        """Measure those that have become ready since the last look."""
        measured = self._measured.setdefault(key, _Measured())
        present = set()
        for pod in pods:
            present.add(pod.uid)
            if pod.ready_at is None or pod.uid in measured.known:
                continue
            measured.known.add(pod.uid)
            seconds = pod.ready_at - pod.created_at
            if 0 <= seconds <= _LONGEST_SECONDS and not pod.restarted:
                measured.seconds.append(seconds)
        measured.known &= present

    def median_seconds(self, key: QueueKey) -> float | None:
        """τ, None before the first pod."""
        measured = self._measured.get(key)
        return median(measured.seconds) if measured is not None and measured.seconds else None

    def forget(self, key: QueueKey) -> None:
        """Its resource has gone."""
        self._measured.pop(key, None)
