"""Where the pods of a template may run: tolerations and affinity, as in any pod.

What looks into other namespaces (`namespaces`, `namespaceSelector`) is left out on purpose.
"""

from typing import Annotated, Literal

from pydantic import Field

from giveway_operator.model.part import LabelKey, LabelValue, Part, WholeSeconds, listed

Few = Field(max_length=16, json_schema_extra=listed())
Values = Annotated[tuple[LabelValue, ...], Field(max_length=64, json_schema_extra=listed())]
Weight = Annotated[int, Field(ge=1, le=100)]


class Toleration(Part):
    """A taint that the pods put up with."""

    key: LabelKey | None = None
    """The taint's key; absent, with operator Exists: every taint."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """Whether the value counts (Equal) or any value does (Exists)."""
    value: LabelValue | None = None
    """The taint's value, for Equal."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Which effect of the taint; absent: all of them."""
    toleration_seconds: WholeSeconds | None = None
    """For how long NoExecute is put up with; absent: for ever."""


class Requirement(Part):
    """One comparison of a pod's label."""

    key: LabelKey
    """The key of the label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How the label is compared."""
    values: Values = ()
    """What it is compared with; none for Exists and DoesNotExist."""


class NodeRequirement(Part):
    """One comparison of a node's label or field."""

    key: LabelKey
    """The key of the label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    """How the label is compared."""
    values: Values = ()
    """What it is compared with; none for Exists and DoesNotExist, one number for Gt and Lt."""


class Selector(Part):
    """Which pods are meant, by their labels: those that meet all of it."""

    match_labels: Annotated[dict[str, LabelValue], Field(max_length=32)] | None = None
    """Labels with exactly these values."""
    match_expressions: Annotated[tuple[Requirement, ...], Few] = ()
    """Comparisons that all have to hold."""


class NodeTerm(Part):
    """Which nodes are meant: those that meet all of it."""

    match_expressions: Annotated[tuple[NodeRequirement, ...], Few] = ()
    """Comparisons of the node's labels."""
    match_fields: Annotated[tuple[NodeRequirement, ...], Few] = ()
    """Comparisons of the node's fields (`metadata.name`)."""


class NodeTerms(Part):
    """Which nodes are meant: those that meet one of the terms."""

    node_selector_terms: Annotated[
        tuple[NodeTerm, ...], Field(min_length=1, max_length=16, json_schema_extra=listed())
    ]
    """The terms; one of them is enough."""


class PreferredNode(Part):
    """Nodes that are better than others."""

    weight: Weight
    """How much better, 1 to 100."""
    preference: NodeTerm
    """Which nodes are meant."""


class NodeAffinity(Part):
    """Which nodes the pods run on."""

    required_during_scheduling_ignored_during_execution: NodeTerms | None = None
    """Nodes that they must run on."""
    preferred_during_scheduling_ignored_during_execution: Annotated[
        tuple[PreferredNode, ...], Few
    ] = ()
    """Nodes that they rather run on."""


class PodTerm(Part):
    """Pods of the same namespace, and what "near" means."""

    label_selector: Selector | None = None
    """Which pods are meant."""
    topology_key: LabelKey
    """The node label that says what is near, as `kubernetes.io/hostname`."""


class PreferredPods(Part):
    """Being near to (or far from) pods is better than not."""

    weight: Weight
    """How much better, 1 to 100."""
    pod_affinity_term: PodTerm
    """Which pods are meant."""


class PodAffinity(Part):
    """Which pods the workers run near to; for podAntiAffinity: far from."""

    required_during_scheduling_ignored_during_execution: Annotated[tuple[PodTerm, ...], Few] = ()
    """Terms that must hold for a node to be taken."""
    preferred_during_scheduling_ignored_during_execution: Annotated[
        tuple[PreferredPods, ...], Few
    ] = ()
    """Terms that make a node the better choice."""


class Affinity(Part):
    """Which nodes and which neighbours the pods want."""

    node_affinity: NodeAffinity | None = None
    """Which nodes are meant."""
    pod_affinity: PodAffinity | None = None
    """Which pods to run near to."""
    pod_anti_affinity: PodAffinity | None = None
    """Which pods to run far from."""
