"""Pods with slots: how they start, which go first, and what they cost.

A pod costs from the moment it is asked for until it is gone: while it starts, and while it drains.
Which go when fewer are wanted is the same for every policy:

1. pods that have not started yet, the youngest first (as Kubernetes does whatever the cost);
2. idle pods, the youngest first;
3. busy ones, those with the fewest busy slots first. They drain: tasks are finished, batches return
   to their tier at the next item, and the pod is gone when its last slot is free.
"""

from dataclasses import dataclass, field

from giveway_operator.simulate.work import Task


@dataclass(frozen=True, slots=True)
class Workers:
    """What one replica is. `startup_seconds` is the mean, spread evenly by `startup_spread`.

    `preemption`: whether batches give way. `max_parked_seconds`: how long one waits below urgent
    work before it returns to its tier (`max_suspended` of a worker).
    """

    slots: int = 1
    startup_seconds: float = 20.0
    startup_spread: float = 0.2
    min_replicas: int = 0
    max_replicas: int = 20
    preemption: bool = True
    max_parked_seconds: float = 60.0


class Slot:
    """Runs one task at a time, with batches parked below it.

    `epoch` rises whenever what runs changes, so that an event of an earlier time is known as stale.
    """

    __slots__ = ("armed", "began", "epoch", "parked", "pod", "task")

    def __init__(self, pod: "Pod") -> None:
        self.pod = pod
        self.task: Task | None = None
        self.parked: list[tuple[Task, float]] = []
        self.began = 0.0
        self.epoch = 0
        self.armed = False  # whether a checkpoint of the batch on it is awaited


class Pod:
    """Starting until `ready`, then serving, then perhaps `draining`, then gone."""

    __slots__ = ("born", "busy", "draining", "gone", "number", "ready", "slots")

    def __init__(self, number: int, born: float, slots: int) -> None:
        self.number = number
        self.born = born
        self.ready = self.draining = self.gone = False
        self.busy = 0
        self.slots = [Slot(self) for _ in range(slots)]


@dataclass(slots=True)
class Fleet:
    """The pods of one queue."""

    slots: int
    pods: dict[int, Pod] = field(default_factory=dict)
    draining: dict[int, Pod] = field(default_factory=dict)
    ready: int = 0
    started: int = 0
    peak: int = 0
    pod_seconds: float = 0.0

    def add(self, now: float) -> Pod:
        """One more, that costs from now on."""
        self.started += 1
        pod = Pod(self.started, now, self.slots)
        self.pods[pod.number] = pod
        self.peak = max(self.peak, len(self.pods))
        return pod

    def victims(self, count: int) -> list[Pod]:
        """Who goes when so many fewer are wanted, by the rules above."""
        return sorted(self.pods.values(), key=_readiness_to_go)[:count]

    def take_out(self, pod: Pod) -> None:
        """It is no replica any more: it drains."""
        del self.pods[pod.number]
        self.draining[pod.number] = pod
        self.ready -= pod.ready
        pod.draining = True

    def end_if_drained(self, pod: Pod, now: float) -> None:
        """If it drains and its last slot is free it is gone, and costs no more."""
        if not pod.draining or pod.gone or pod.busy:
            return
        del self.draining[pod.number]
        pod.gone = True
        self.pod_seconds += now - pod.born

    def close(self, now: float) -> None:
        """The simulation ends: what still runs has cost until now."""
        for pod in (*self.pods.values(), *self.draining.values()):
            self.pod_seconds += now - pod.born

    def paid(self, now: float) -> float:
        """Pod-seconds until now."""
        alive = (*self.pods.values(), *self.draining.values())
        return self.pod_seconds + sum(now - pod.born for pod in alive)

    @property
    def busy(self) -> int:
        """Slots that run something."""
        return sum(pod.busy for pod in (*self.pods.values(), *self.draining.values()))

    @property
    def alive(self) -> int:
        """Pods that cost, draining ones included."""
        return len(self.pods) + len(self.draining)


def _readiness_to_go(pod: Pod) -> tuple[bool, int, int]:
    return pod.ready, pod.busy, -pod.number
