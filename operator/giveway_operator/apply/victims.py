"""Removes chosen pods: marks them as the cheapest to delete, then asks for so many fewer.

The ReplicaSet controller chooses who goes (kubernetes/pkg/controller, ActivePodsWithRanks): pods
without a node, then pending ones, then those that are not ready, and only then by
`controller.kubernetes.io/pod-deletion-cost`, lowest first. So the number takes the marked pods if
every other pod is ready and all belong to one ReplicaSet; what is not so is found by looking again,
and then nothing is asked for.

Invariants: nobody is marked who is not, at that moment, the pod that was chosen (by uid) and idle;
for every victim that falls away one replica more is kept; a mark on a pod that lives on is ours to
take off, and only ours: it carries `giveway.dev/victim` beside the cost.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from giveway_operator.apply.scale import scale
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import Conflict, NotFound
from giveway_operator.cluster.kinds import Pod
from giveway_operator.cluster.pods import COST_ANNOTATION, MARK_ANNOTATION, read_pods
from giveway_operator.facts import PodFacts

CHEAPEST = -1_000_000

StillIdle = Callable[[PodFacts], bool]


@dataclass(frozen=True, slots=True)
class ScaledIn:
    """`gone`: names of the pods that were asked to go. `replicas`: what is asked for now.

    `refused`: why fewer (or none) went than were chosen, for people; "" if all did.
    """

    gone: tuple[str, ...]
    replicas: int
    refused: str = ""


async def scale_in(
    api: Api,
    *,
    namespace: str,
    name: str,
    selector: str,
    expected: int,
    replicas: int,
    victims: Sequence[PodFacts],
    still_idle: StillIdle,
) -> ScaledIn:
    """Look again, mark, scale in; one replica more for each victim that fell away.

    `expected`: replicas as they were when the victims were chosen; `replicas`: what was decided
    with all of them gone. `still_idle`: whether that pod may go; asked before it is marked, and
    once more before the number is written. Raises `ClusterError`: then marks may be
    left, which the next look shows and `spare` takes off.
    """
    pods = [
        pod
        for pod in await read_pods(api, namespace=namespace, deployment=name, selector=selector)
        if not pod.deleting
    ]
    uids = {one.uid for one in victims}
    chosen = [pod for pod in pods if pod.uid in uids and still_idle(pod)]
    if why := _would_take_others(pods, chosen):
        return ScaledIn(gone=(), replicas=expected, refused=why)
    marked = await mark(api, namespace=namespace, pods=chosen)
    going = [pod for pod in marked if still_idle(pod)]
    # Never so few that the number would have to take somebody who is not among them.
    asked = max(replicas + len(victims) - len(going), len(pods) - len(going))
    if asked >= expected:
        more = len(pods) > expected
        why = f"{len(pods)} pods are there, not {expected}" if more else "no pod is idle any more"
    else:
        why = await _ask(api, namespace=namespace, name=name, replicas=asked, expected=expected)
    await spare(api, namespace=namespace, pods=marked if why else _without(marked, going))
    if why:
        return ScaledIn(gone=(), replicas=expected, refused=why)
    fewer = len(victims) - len(going)
    refused = f"{fewer} of {len(victims)} pods are gone or busy again" if fewer else ""
    return ScaledIn(gone=tuple(pod.name for pod in going), replicas=asked, refused=refused)


async def mark(api: Api, *, namespace: str, pods: Sequence[PodFacts]) -> list[PodFacts]:
    """Make these the cheapest to delete; those of them that are still there."""
    annotations = {COST_ANNOTATION: str(CHEAPEST), MARK_ANNOTATION: "true"}
    return await _annotate(api, namespace, pods, annotations)


async def spare(api: Api, *, namespace: str, pods: Sequence[PodFacts]) -> None:
    """Take marks off pods that live on."""
    await _annotate(api, namespace, pods, {COST_ANNOTATION: None, MARK_ANNOTATION: None})


async def clear_marks(api: Api, *, namespace: str, deployment: str, selector: str) -> int:
    """Take our marks off all pods: for a resource that has gone. Returns how many had one."""
    pods = await read_pods(api, namespace=namespace, deployment=deployment, selector=selector)
    marked = [pod for pod in pods if pod.marked and not pod.deleting]
    await spare(api, namespace=namespace, pods=marked)
    return len(marked)


async def delete_pod(api: Api, *, namespace: str, name: str, uid: str) -> bool:
    """Delete the pod if it is still this one; False: it has gone, or is another by now."""
    try:
        await api.delete(Pod, name, namespace=namespace, uid=uid)
    except (NotFound, Conflict):
        return False
    return True


def _would_take_others(pods: Sequence[PodFacts], chosen: Sequence[PodFacts]) -> str:
    """Why a lower number would take others than those chosen, "" if it would not."""
    if not chosen:
        return ""  # then it goes down to the pods that are there at most, and takes nobody
    if unready := [pod.name for pod in _without(pods, chosen) if not pod.ready]:
        return f"{unready[0]} is not ready and would go first"
    if len({pod.revision for pod in pods}) > 1:
        return "a rollout is under way, pods of two generations are there (kubectl rollout status)"
    return ""


def _without(pods: Sequence[PodFacts], others: Sequence[PodFacts]) -> list[PodFacts]:
    uids = {other.uid for other in others}
    return [pod for pod in pods if pod.uid not in uids]


async def _ask(api: Api, *, namespace: str, name: str, replicas: int, expected: int) -> str:
    """Why the number was not written, "" if it was."""
    done = await scale(api, namespace=namespace, name=name, replicas=replicas, expected=expected)
    return "" if done.done else f"the replicas were set to {done.found} meanwhile"


async def _annotate(
    api: Api, namespace: str, pods: Sequence[PodFacts], annotations: Mapping[str, str | None]
) -> list[PodFacts]:
    """The pods that were there. All are tried before the first failure is raised."""
    results = await asyncio.gather(
        *(_annotate_one(api, namespace, pod, annotations) for pod in pods), return_exceptions=True
    )
    done = []
    for pod, result in zip(pods, results, strict=True):
        if isinstance(result, BaseException):
            raise result
        if result:
            done.append(pod)
    return done


async def _annotate_one(
    api: Api, namespace: str, pod: PodFacts, annotations: Mapping[str, str | None]
) -> bool:
    # The uid is a precondition: another pod of that name is a conflict.
    body = {"metadata": {"uid": pod.uid, "annotations": dict(annotations)}}
    try:
        await api.merge(Pod, pod.name, body, namespace=namespace)
    except (NotFound, Conflict):
        return False
    return True
