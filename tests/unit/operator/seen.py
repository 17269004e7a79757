"""Facts as tests of plans want them: what matters is said, the rest is as on a quiet day."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from giveway.core.record import Snapshot, TierSnapshot
from giveway.core.tiers import Control
from giveway_operator.decision import Because, Bounds, Decision
from giveway_operator.facts import (
    ClusterFacts,
    PodFacts,
    QueueFacts,
    SeenCluster,
    SeenQueue,
    TargetFacts,
    Unseen,
    Work,
    WorkerFacts,
)
from giveway_operator.load import Load, TierLoad
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Sight
from giveway_operator.status import Status

NOW = 1_800_000_000.0
UNSEEN = Unseen(0.0, "timeout", "Redis does not answer")


def pod(name: str, **fields: Any) -> PodFacts:
    known: dict[str, Any] = {"ready": True, "deleting": False, "created_at": 100.0}
    return PodFacts(name=name, uid=f"uid-{name}", **known | fields)


def worker(pod_name: str, **fields: Any) -> WorkerFacts:
    known: dict[str, Any] = {
        "silent_seconds": 1.0,
        "leaving": False,
        "started_at": 0.0,
        "processes": 1,
        "slots": 1,
        "running": 0,
    }
    return WorkerFacts(incarnation=f"i-{pod_name}", pod=pod_name, **known | fields)


def busy(pod_name: str, *work: Work, **fields: Any) -> WorkerFacts:
    return worker(pod_name, running=len(work), work=work, **fields)


def batch(since_checkpoint_seconds: float | None = 1.0) -> Work:
    return Work("b", "low", "running", 10.0, True, since_checkpoint_seconds)


def task() -> Work:
    return Work("t", "high", "running", 3.0)


def control(*tiers: str, drain: tuple[str, ...] = (), **fields: Any) -> Control:
    known: dict[str, Any] = {"owner": "operator", "drain": frozenset(drain)}
    return Control(tiers or ("high", "low"), **known | fields)


def tier(name: str, **fields: Any) -> TierSnapshot:
    known: dict[str, Any] = {
        "open": True,
        "paused": False,
        "depth": 0,
        "oldest_seconds": 0.0,
        "inflight": 0,
        "suspended": 0,
        "running_batches": 0,
        "delayed": 0,
        "due": 0,
    }
    return TierSnapshot(name=name, **known | fields)


def queue(*workers: WorkerFacts, **fields: Any) -> QueueFacts:
    tiers = fields.pop("tiers", (tier("high"), tier("low")))
    snapshot = Snapshot(0, tiers, dead=0, next_due_us=None, workers=len(workers))
    known: dict[str, Any] = {"control": control(), "eviction_policy": "noeviction"}
    return QueueFacts(at=0.0, snapshot=snapshot, workers=workers, **known | fields)


def cluster(*pods: PodFacts, **target: Any) -> ClusterFacts:
    known: dict[str, Any] = {"name": "web", "exists": True, "replicas": len(pods)}
    known["ready"] = sum(one.ready for one in pods)
    return ClusterFacts(0.0, TargetFacts(**known | target), pods)


def resource(
    *, annotations: Mapping[str, str] | None = None, template: bool = False, **scaling: Any
) -> PriorityQueue:
    worker: dict[str, Any] = {"scaleTargetRef": {"name": "web"}}
    if template:
        worker = {"template": {"app": "shop:app", "image": "shop:1"}}
    return PriorityQueue.parse(
        {
            "metadata": {
                "name": "shop",
                "namespace": "default",
                "uid": "u",
                "generation": 3,
                "annotations": dict(annotations or {}),
            },
            "spec": {
                "redis": {"secret": {"name": "redis"}},
                "tiers": [{"name": "high", "sloSeconds": 5}, {"name": "low", "sloSeconds": 60}],
                "worker": worker,
                "scaling": scaling,
            },
        }
    )


def decided(replicas: int, because: Because = Because.LOAD, **fields: Any) -> Decision:
    return Decision(replicas, fields.pop("wanted", replicas), because, **fields)


def sight(
    decision: Decision,
    *,
    of: PriorityQueue | None = None,
    seen: SeenQueue | None = None,
    at: SeenCluster | None = None,
    before: Status | None = None,
    **fields: Any,
) -> Sight:
    made = Sight(
        resource=of or resource(),
        queue=queue() if seen is None else seen,
        cluster=cluster() if at is None else at,
        load=Load((TierLoad("high", 5.0), TierLoad("low", 60.0))),
        bounds=Bounds(),
        decision=decision,
        now=NOW,
        before=before or Status(),
    )
    return replace(made, **fields)
