"""Who else scales a Deployment: HorizontalPodAutoscalers and KEDA's ScaledObjects.

Two that set the same number undo each other for ever; so whoever is found makes the queue leave its
Deployment alone, and say so. KEDA may not be there, which is well. If the look itself fails, those
that were known before still count, and `trouble` and the log say why. Other PriorityQueues are not
looked for here: of those the first one keeps the Deployment (`rivals`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from giveway.telemetry.events import event as logged
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError, NotFound
from giveway_operator.cluster.kinds import HorizontalPodAutoscaler, ScaledObject
from giveway_operator.observe.target import Target

_Place = tuple[str, str]  # namespace and name of a Deployment


class Others:
    """`namespaces`: where to look; none: in the whole cluster."""

    def __init__(self, api: Api, *, namespaces: Sequence[str] = ()) -> None:
        self._api = api
        self._namespaces: tuple[str | None, ...] = tuple(namespaces) or (None,)
        self._scalers: Mapping[_Place, str] = {}
        self.trouble: ClusterError | None = None

    async def look(self) -> None:
        """Read them anew."""
        try:
            found = await asyncio.gather(*map(self._look_in, self._namespaces))
        except ClusterError as error:
            if self.trouble is None or self.trouble.word != error.word:
                logged("other_scalers_unseen", level="warning", message=str(error))
            self.trouble = error
            return
        self._scalers = {place: name for one in found for place, name in one.items()}
        self.trouble = None

    def of(self, target: Target) -> str:
        """Who else scales it, as `HorizontalPodAutoscaler/web`; "" if nobody is known to."""
        return self._scalers.get((target.key.namespace, target.deployment), "")

    async def _look_in(self, namespace: str | None) -> Mapping[_Place, str]:
        """An HPA that KEDA made counts as KEDA's: what a person has to delete is its object."""
        autoscalers, scaled = await asyncio.gather(
            self._api.list_all(HorizontalPodAutoscaler, namespace=namespace),
            self._scaled_objects(namespace),
        )
        found: dict[_Place, str] = {}
        for one in autoscalers:
            reference = one.spec.scaleTargetRef
            if one.metadata and reference.kind == "Deployment":
                place = (one.metadata.namespace or "", reference.name)
                found[place] = f"HorizontalPodAutoscaler/{one.metadata.name}"
        for other in scaled:
            wanted: Mapping[str, Any] = (other.get("spec") or {}).get("scaleTargetRef") or {}
            if other.metadata and wanted.get("kind", "Deployment") == "Deployment":
                place = (other.metadata.namespace or "", str(wanted.get("name")))
                found[place] = f"ScaledObject/{other.metadata.name}"
        return found

    async def _scaled_objects(self, namespace: str | None) -> list[Any]:
        try:
            return await self._api.list_all(ScaledObject, namespace=namespace)
        except NotFound:  # KEDA is not installed
            return []
