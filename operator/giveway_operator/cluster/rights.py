"""Which rights the operator needs: every one, and what does not work without it.

The only list. docs/rights.md is written from it, a chart can take its rules from there, and a test
takes each away on a real API server and sees what was named here fail, and nothing else.

Not in it: finalizers, Deployments' or pods' creation beyond our own, Secrets by list, anything
without a namespace. `secrets: get` cannot be narrowed to names that nobody knows beforehand; where
that is too much, the operator is given its namespaces one by one.
"""

from dataclasses import dataclass
from enum import Enum


class Where(Enum):
    """In which namespaces a right is needed."""

    QUEUES = "queues"  # wherever PriorityQueues are: the cluster, or each of the namespaces given
    OWN = "own"  # where the Lease is


@dataclass(frozen=True, slots=True)
class Right:
    """One verb on one kind of object. `without`: what does not work when it is missing."""

    group: str
    resource: str
    verb: str
    without: str
    where: Where = Where.QUEUES


RIGHTS: tuple[Right, ...] = (
    Right("giveway.dev", "priorityqueues", "list", "no queue is known"),
    Right("giveway.dev", "priorityqueues", "watch", "a change is seen with the next list only"),
    Right("giveway.dev", "priorityqueues/status", "patch", "nobody is told anything"),
    Right("", "secrets", "get", "no Redis is found; MetricsAvailable says Forbidden"),
    Right("apps", "deployments", "get", "nothing is scaled"),
    Right("apps", "deployments", "list", "nothing is scaled once there are many queues"),
    Right("apps", "deployments", "patch", "no Deployment follows its template"),
    Right("apps", "deployments", "create", "no Deployment is made from a template"),
    Right("apps", "deployments/scale", "get", "scale-in and conflicts are not resolved"),
    Right("apps", "deployments/scale", "patch", "no replica count is changed"),
    Right("", "pods", "list", "nothing is scaled: who works is not known"),
    Right("", "pods", "patch", "no pod is marked, so none is removed"),
    Right("", "pods", "delete", "pods that are stuck, or drained and needed again, stay"),
    Right("autoscaling", "horizontalpodautoscalers", "list", "another autoscaler is not noticed"),
    Right("keda.sh", "scaledobjects", "list", "a ScaledObject of KEDA is not noticed"),
    Right("events.k8s.io", "events", "create", "no Events"),
    Right("events.k8s.io", "events", "patch", "Events are not counted"),
    Right("", "configmaps", "get", "what was deleted meanwhile is not taken back", Where.OWN),
    Right("", "configmaps", "create", "what is deleted while nobody runs is forgotten", Where.OWN),
    Right("", "configmaps", "patch", "what is deleted while nobody runs is forgotten", Where.OWN),
    Right("coordination.k8s.io", "leases", "get", "nobody leads, nothing is done", Where.OWN),
    Right("coordination.k8s.io", "leases", "create", "nobody leads the first time", Where.OWN),
    Right("coordination.k8s.io", "leases", "patch", "nobody leads for long", Where.OWN),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a Role has it: all verbs on one kind of object."""

    group: str
    resource: str
    verbs: tuple[str, ...]


def rules(where: Where, *, rights: tuple[Right, ...] = RIGHTS) -> tuple[Rule, ...]:
    """The rules of a Role for these rights, in their order."""
    verbs: dict[tuple[str, str], tuple[str, ...]] = {}
    for right in rights:
        if right.where is where:
            kind = (right.group, right.resource)
            verbs[kind] = (*verbs.get(kind, ()), right.verb)
    return tuple(Rule(group, resource, all_) for (group, resource), all_ in verbs.items())
