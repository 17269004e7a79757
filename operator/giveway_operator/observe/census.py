"""Reads Deployments and pods: of one queue, or of many in as few requests as possible.

What we made carries a label of ours, and is listed by that, in the whole cluster or in each
namespace; of not too many, only those asked for. A Deployment that was there before is read by its
name; where a namespace has several of them, its Deployments are listed once. Their pods are listed
by the Deployment's own selector, and not at all where it has none.

Invariant: what could not be read is `Unseen` for the queues concerned, and for no other.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from giveway.clock import monotonic
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError, NotFound
from giveway_operator.cluster.kinds import Deployment, Pod
from giveway_operator.cluster.pods import has_ended, is_of, pod_facts, read_pods
from giveway_operator.cluster.targets import selector_text, target_facts
from giveway_operator.deployment import MANAGED_BY, MANAGED_LABEL, QUEUE_LABEL
from giveway_operator.facts import ClusterFacts, SeenCluster, TargetFacts, Unseen
from giveway_operator.observe.target import Target

_OURS = f"{MANAGED_LABEL}={MANAGED_BY}"
_NAMED = 60  # as many are asked for by their labels: 3 kB, which every proxy passes in a URL
_BY_NAME = 3  # as many in one namespace are read by name before it is listed
_NAMESPACES = 3  # in as many namespaces what we made is listed before the cluster is


class Census:
    """`everywhere`: whether the whole cluster may be listed."""

    def __init__(self, api: Api, *, everywhere: bool) -> None:
        self._api = api
        self._everywhere = everywhere

    async def one(self, target: Target) -> SeenCluster:
        """One queue."""
        at = monotonic()
        try:
            deployment = await self._api.get(
                Deployment, target.deployment, namespace=target.key.namespace
            )
            return await self._with_pods(target, deployment, at)
        except NotFound:
            return _absent(target, at)
        except ClusterError as error:
            return _unseen(at, error)

    async def take(self, targets: Sequence[Target]) -> Mapping[Target, SeenCluster]:
        """Many queues."""
        made: dict[str | None, list[Target]] = defaultdict(list)
        named: dict[str, list[Target]] = defaultdict(list)
        for target in targets:
            (made if target.made else named)[target.key.namespace].append(target)
        if self._everywhere and len(made) > _NAMESPACES:
            made = {None: [target for several in made.values() for target in several]}
        results = await asyncio.gather(
            *(self._ours(namespace, several) for namespace, several in made.items()),
            *(self._theirs(namespace, several) for namespace, several in named.items()),
        )
        return {target: seen for result in results for target, seen in result.items()}

    async def _ours(
        self, namespace: str | None, targets: Sequence[Target]
    ) -> Mapping[Target, SeenCluster]:
        at, labels = monotonic(), _labels(targets)
        try:
            deployments, pods = await asyncio.gather(
                self._api.list_all(Deployment, namespace=namespace, labels=labels),
                self._api.list_all(Pod, namespace=namespace, labels=labels),
            )
        except ClusterError as error:
            return {target: _unseen(at, error) for target in targets}
        found = {_place(one): one for one in deployments}
        pods_of: dict[tuple[str, str], list[Pod]] = defaultdict(list)
        for pod in pods:
            pods_of[_queue_of(pod)].append(pod)
        seen: dict[Target, SeenCluster] = {}
        for target in targets:
            place = (target.key.namespace, target.deployment)
            seen[target] = (
                _facts(target, found[place], pods_of[place], at)
                if place in found
                else _absent(target, at)
            )
        return seen

    async def _theirs(
        self, namespace: str, targets: Sequence[Target]
    ) -> Mapping[Target, SeenCluster]:
        if len(targets) <= _BY_NAME:
            return dict(zip(targets, await asyncio.gather(*map(self.one, targets)), strict=True))
        at, wanted = monotonic(), {target.deployment for target in targets}
        try:
            listed = await self._api.list_all(
                Deployment, namespace=namespace, where=lambda one: _place(one)[1] in wanted
            )
        except ClusterError as error:
            return {target: _unseen(at, error) for target in targets}
        found = {_place(one)[1]: one for one in listed}
        results = await asyncio.gather(
            *(self._listed(target, found.get(target.deployment), at) for target in targets)
        )
        return dict(zip(targets, results, strict=True))

    async def _listed(
        self, target: Target, deployment: Deployment | None, at: float
    ) -> SeenCluster:
        if deployment is None:
            return _absent(target, at)
        if not deployment.spec.replicas and not (deployment.status and deployment.status.replicas):
            return _facts(target, deployment, (), at)
        try:
            return await self._with_pods(target, deployment, at)
        except ClusterError as error:
            return _unseen(at, error)

    async def _with_pods(self, target: Target, deployment: Deployment, at: float) -> ClusterFacts:
        pods = await read_pods(
            self._api,
            namespace=target.key.namespace,
            deployment=target.deployment,
            selector=selector_text(deployment.spec.selector),
        )
        return ClusterFacts(
            at, target_facts(deployment, conflict=_conflict(target, deployment)), tuple(pods)
        )


def _labels(targets: Sequence[Target]) -> str:
    if len(targets) > _NAMED:
        return f"{_OURS},{QUEUE_LABEL}"
    names = ",".join(sorted({target.deployment for target in targets}))
    return f"{_OURS},{QUEUE_LABEL} in ({names})"


def _facts(target: Target, deployment: Deployment, pods: Iterable[Pod], at: float) -> ClusterFacts:
    facts = tuple(
        pod_facts(pod) for pod in pods if is_of(pod, target.deployment) and not has_ended(pod)
    )
    return ClusterFacts(at, target_facts(deployment, conflict=_conflict(target, deployment)), facts)


def _absent(target: Target, at: float) -> ClusterFacts:
    return ClusterFacts(at, TargetFacts(name=target.deployment, exists=False))


def _unseen(at: float, error: ClusterError) -> Unseen:
    return Unseen(at, error.word, str(error))


def _conflict(target: Target, deployment: Deployment) -> str:
    """Why the Deployment itself is not ours to scale, "" if it is."""
    metadata = deployment.metadata
    if metadata is not None and metadata.deletionTimestamp is not None:
        return f"Deployment/{target.deployment}, which is being deleted"
    owners = (metadata.ownerReferences if metadata else None) or []
    owner = next((one for one in owners if one.controller), None)
    if not target.made or (owner is not None and owner.uid == target.uid):
        return ""
    if owner is None:
        return f"Deployment/{target.deployment}, which was not made from this template"
    return f"{owner.kind}/{owner.name}, which owns Deployment/{target.deployment}"


def _place(deployment: Deployment) -> tuple[str, str]:
    metadata = deployment.metadata
    return (metadata.namespace or "", metadata.name or "") if metadata else ("", "")


def _queue_of(pod: Pod) -> tuple[str, str]:
    metadata = pod.metadata
    if metadata is None:
        return ("", "")
    return (metadata.namespace or "", (metadata.labels or {}).get(QUEUE_LABEL, ""))
