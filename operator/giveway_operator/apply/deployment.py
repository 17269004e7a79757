"""Makes and keeps the Deployment of a queue with a template, without owning its replicas.

Problem: a Deployment without `replicas` gets 1, and one whose manager stops naming `replicas` falls
back to 1: a queue at zero would start a pod, or one at forty would lose all but one. Model: it is
made with 0, a second manager then takes `replicas` over through `/scale`, and only after that the
first stops naming it. Whoever finds the first still owning it (the operator was killed in between)
goes on from there, with the number that stands.

Invariants: a Deployment that another owner made is never touched; an equal one is not changed, its
pods are not replaced. When to apply: `loop`.
"""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

from giveway_operator.cluster.api import MANAGER, Api
from giveway_operator.cluster.errors import Asked, Conflict, NotFound
from giveway_operator.cluster.kinds import Deployment
from giveway_operator.deployment import Manifest

SCALER = "giveway-scale"
"""The field manager that owns `replicas`."""


class NotOurs(Conflict):
    """A Deployment of that name is there and belongs to somebody else."""

    word: ClassVar[str] = "NotOurs"


async def apply_deployment(api: Api, manifest: Manifest) -> None:
    """Make it so. Made at 0 replicas; afterwards `replicas` belongs to whoever scales."""
    try:
        there = await api.get(Deployment, manifest.name, namespace=manifest.namespace)
    except NotFound:
        await _apply(api, manifest, replicas=0, force=False)
        await _take_replicas(api, manifest, replicas=0)
    else:
        _check_owner(there, manifest)
        if (owned := _owned_replicas(there)) is not None:
            await _take_replicas(api, manifest, replicas=owned)
    await _apply(api, manifest, replicas=None, force=True)


async def _apply(api: Api, manifest: Manifest, *, replicas: int | None, force: bool) -> None:
    body: dict[str, Any] = copy.deepcopy(dict(manifest.body))
    if replicas is not None:
        body["spec"]["replicas"] = replicas
    # Without force while there should be none: who made one meanwhile is not written over.
    await api.apply(
        Deployment, manifest.name, body, namespace=manifest.namespace, manager=MANAGER, force=force
    )


async def _take_replicas(api: Api, manifest: Manifest, *, replicas: int) -> None:
    body: Mapping[str, object] = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": manifest.name, "namespace": manifest.namespace},
        "spec": {"replicas": replicas},
    }
    await api.apply(
        Deployment.Scale, manifest.name, body, namespace=manifest.namespace, manager=SCALER
    )


def _check_owner(there: Deployment, manifest: Manifest) -> None:
    owners = (there.metadata.ownerReferences if there.metadata else None) or []
    if any(one.controller and one.uid == manifest.owner_uid for one in owners):
        return
    whose = next((f"{one.kind}/{one.name}" for one in owners if one.controller), "nobody of ours")
    asked = Asked("patch", "apps", "deployments", manifest.namespace, manifest.name)
    raise NotOurs(
        f"Deployment {manifest.name} belongs to {whose}: name the PriorityQueue otherwise, delete "
        "that Deployment, or name it as scaleTargetRef",
        asked=asked,
    )


def _owned_replicas(there: Deployment) -> int | None:
    """The replicas that stand, if it is still the manager of the template that owns them."""
    for entry in (there.metadata.managedFields if there.metadata else None) or []:
        if entry.manager != MANAGER or entry.operation != "Apply" or entry.subresource:
            continue
        fields: Any = entry.fieldsV1 or {}
        if "f:replicas" in fields.get("f:spec", {}):
            return there.spec.replicas or 0
    return None
