"""Pods as facts. What keeps one from running is told in the words of the kubelet or the scheduler.

A pod that has ended (evicted, out of deadline) lingers as an object; controllers do not count it,
and neither do we.
"""

from collections.abc import Mapping
from datetime import datetime

from lightkube.models.core_v1 import ContainerStatus, PodCondition
from lightkube.resources.core_v1 import Pod

from giveway_operator.cluster.api import Api
from giveway_operator.facts import PodFacts

COST_ANNOTATION = "controller.kubernetes.io/pod-deletion-cost"
MARK_ANNOTATION = "giveway.dev/victim"
REVISION_LABEL = "pod-template-hash"

_ENDED = frozenset({"Succeeded", "Failed"})
# A container that waits for these is on its way, not in trouble.
_ON_ITS_WAY = frozenset({"ContainerCreating", "PodInitializing"})


async def read_pods(api: Api, *, namespace: str, deployment: str, selector: str) -> list[PodFacts]:
    """The pods of a Deployment, by its selector; ended ones are left out, and others' too."""
    pods = await api.list_all(Pod, namespace=namespace, labels=selector)
    return [pod_facts(pod) for pod in pods if is_of(pod, deployment) and not has_ended(pod)]


def is_of(pod: Pod, deployment: str) -> bool:
    """Whether it belongs to this Deployment, not to another one whose selector fits as well.

    Its ReplicaSet is named after the Deployment and the pod's own hash. A pod without a controller
    counts: the Deployment's ReplicaSet adopts it.
    """
    metadata = pod.metadata
    owners = (metadata.ownerReferences if metadata else None) or []
    owner = next((one for one in owners if one.controller), None)
    if metadata is None or owner is None:
        return True
    revision = (metadata.labels or {}).get(REVISION_LABEL, "")
    return owner.kind == "ReplicaSet" and owner.name == f"{deployment}-{revision}"


def has_ended(pod: Pod) -> bool:
    """Whether it will never run again."""
    return pod.status is not None and pod.status.phase in _ENDED


def pod_facts(pod: Pod) -> PodFacts:
    """What is to be known of it."""
    metadata = pod.metadata
    assert metadata is not None, "the API server answers pods with metadata"
    annotations = metadata.annotations or {}
    ready = _condition(pod, "Ready")
    trouble, message = _trouble(pod)
    return PodFacts(
        name=metadata.name or "",
        uid=metadata.uid or "",
        ready=ready is not None and ready.status == "True",
        deleting=metadata.deletionTimestamp is not None,
        created_at=_unix(metadata.creationTimestamp) or 0.0,
        ready_at=_unix(ready.lastTransitionTime) if ready and ready.status == "True" else None,
        scheduled=bool(pod.spec and pod.spec.nodeName),
        deletion_cost=_cost(annotations),
        marked=MARK_ANNOTATION in annotations,
        revision=(metadata.labels or {}).get(REVISION_LABEL, ""),
        restarted=any(one.restartCount for one in _containers(pod)),
        trouble=trouble,
        trouble_message=message,
    )


def _trouble(pod: Pod) -> tuple[str, str]:
    """A word and a line, both "" for a pod that is well or on its way."""
    if (placed := _condition(pod, "PodScheduled")) and placed.status == "False":
        return placed.reason or "Unschedulable", _line(placed.message)
    for container in _containers(pod):
        if (found := _waiting(container)) is not None:
            return found
    return "", ""


def _containers(pod: Pod) -> list[ContainerStatus]:
    if pod.status is None:
        return []
    return [*(pod.status.initContainerStatuses or []), *(pod.status.containerStatuses or [])]


def _waiting(container: ContainerStatus) -> tuple[str, str] | None:
    waiting = container.state.waiting if container.state else None
    if waiting is None or not waiting.reason or waiting.reason in _ON_ITS_WAY:
        return None
    last = container.lastState.terminated if container.lastState else None
    how = f"; it ended with exit code {last.exitCode} ({last.reason})" if last else ""
    return waiting.reason, _line(waiting.message) + how


def _condition(pod: Pod, kind: str) -> PodCondition | None:
    conditions = (pod.status.conditions if pod.status else None) or []
    return next((one for one in conditions if one.type == kind), None)


def _cost(annotations: Mapping[str, str]) -> int:
    try:
        return int(annotations.get(COST_ANNOTATION, "0"))
    except ValueError:
        return 0  # as the ReplicaSet controller reads it


def _line(text: str | None) -> str:
    return " ".join((text or "").split())[:300]


def _unix(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()
