"""Which Deployment belongs to a queue."""

from dataclasses import dataclass

from giveway_operator.deployment import deployment_name
from giveway_operator.facts import QueueKey
from giveway_operator.model import PriorityQueue


@dataclass(frozen=True, slots=True)
class Target:
    """`made`: by us, from the template of the resource with this `uid`; else somebody else did."""

    key: QueueKey
    deployment: str
    made: bool
    uid: str = ""


def target_of(resource: PriorityQueue) -> Target:
    """The Deployment of a resource."""
    reference = resource.spec.worker.scale_target_ref
    made = reference is None
    name = deployment_name(resource.key) if reference is None else reference.name
    return Target(key=resource.key, deployment=name, made=made, uid=resource.metadata.uid)
