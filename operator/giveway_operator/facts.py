"""What was seen of one queue: in Redis and in the cluster. Values only.

Gathered by `observe/`, judged by `plan`, `victims` and `status`. What could not be seen is
`Unseen`, never a zero and never an empty list. `at` is this process's monotonic seconds; instants
of the API server are Unix seconds.
"""

from dataclasses import dataclass

from giveway.core.record import Snapshot
from giveway.core.tiers import Control


@dataclass(frozen=True, slots=True)
class QueueKey:
    """Which resource: its namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Unseen:
    """What could not be looked at: a word for metrics (`timeout` …) and a line for people."""

    at: float
    why: str
    message: str


@dataclass(frozen=True, slots=True)
class Work:
    """A task in a worker's hand, from its heartbeat."""

    id: str
    tier: str
    state: str
    for_seconds: float
    is_batch: bool = False
    since_checkpoint_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """A worker by its last heartbeat. `pod`: its name in the cluster, "" elsewhere.

    `stuck_seconds`: for how long a consumer of it has not ticked, 0 if all of them do. `pod_uid`
    and `resource_uid`: its pod, and the resource from whose template that was made; "" if it does
    not say.
    """

    incarnation: str
    pod: str
    silent_seconds: float
    leaving: bool
    started_at: float  # Unix seconds
    processes: int
    slots: int  # of all its processes together
    running: int
    work: tuple[Work, ...] = ()
    draining: bool = False
    stuck_seconds: float = 0.0
    pod_uid: str = ""
    resource_uid: str = ""


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """One readable look at a queue in Redis.

    `maxclients` and what stands behind it: None if the server does not tell. `foreign_clients`:
    all connections of that server but those of this queue's workers.
    """

    at: float
    snapshot: Snapshot
    control: Control | None
    workers: tuple[WorkerFacts, ...] = ()
    maxclients: int | None = None
    foreign_clients: int | None = None
    eviction_policy: str | None = None


SeenQueue = QueueFacts | Unseen


@dataclass(frozen=True, slots=True)
class PodFacts:
    """One pod of a queue's workers. Instants: Unix seconds by the API server, None: not yet.

    `marked`: its deletion cost is of our making. `revision`: which of the Deployment's ReplicaSets
    it belongs to. `restarted`: a container of it ended and was started again.
    """

    name: str
    uid: str
    ready: bool
    deleting: bool
    created_at: float
    ready_at: float | None = None
    scheduled: bool = True
    deletion_cost: int = 0
    marked: bool = False
    revision: str = ""
    restarted: bool = False
    trouble: str = ""  # what keeps it from running: ImagePullBackOff, Unschedulable, …
    trouble_message: str = ""


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """The Deployment whose replicas are ours to set.

    `exists` False: it is not there (yet). `replicas`: as asked for in its spec. `conflict`: another
    autoscaler of the same target, as `HorizontalPodAutoscaler/web`; `others_unseen`: why nobody
    could look for one. `trouble`: what its own conditions complain of (a quota, a deadline), "" if
    nothing. `selector`: its pods, as kubectl's `-l` takes it.
    """

    name: str
    exists: bool
    uid: str = ""
    resource_version: str = ""
    replicas: int = 0
    ready: int = 0
    selector: str = ""
    conflict: str = ""
    others_unseen: str = ""
    trouble: str = ""
    trouble_message: str = ""


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """One look at a queue in the cluster."""

    at: float
    target: TargetFacts
    pods: tuple[PodFacts, ...] = ()


SeenCluster = ClusterFacts | Unseen
