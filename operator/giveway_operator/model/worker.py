"""Who does the work: a Deployment that is there, or one that the operator makes from a template.

The template is an allow list. Volumes, host paths, security contexts, host networks, privileges:
there is no field for them, so nobody who may create a PriorityQueue gains more than pods with the
restricted profile.
"""

from typing import Annotated, Literal

from pydantic import Field

from giveway_operator.model.part import (
    MAX_TIERS,
    DataKey,
    LabelValue,
    ObjectName,
    Part,
    Quantity,
    TierName,
    listed,
    shaped,
)
from giveway_operator.model.placement import Affinity, Few, Toleration

Argument = Annotated[str, Field(max_length=4096)]
Arguments = Annotated[tuple[Argument, ...], Field(max_length=64, json_schema_extra=listed())]


class ScaleTargetRef(Part):
    """A Deployment of this namespace."""

    api_version: Literal["apps/v1"] = "apps/v1"
    """The version of its API; apps/v1 is the only one."""
    kind: Literal["Deployment"] = "Deployment"
    """What it is; Deployment is the only kind whose pods can be chosen when some have to go."""
    name: ObjectName
    """Its name."""


class KeyOf(Part):
    """A key of a Secret or a ConfigMap in this namespace."""

    name: ObjectName
    """The name of the object."""
    key: DataKey
    """The key in its data."""
    optional: bool = False
    """True: a pod starts without the variable when the object or the key is absent."""


class ValueFrom(Part):
    """Where a variable's value stands."""

    secret_key_ref: KeyOf | None = None
    """A key of a Secret."""
    config_map_key_ref: KeyOf | None = None
    """A key of a ConfigMap."""


class Variable(Part):
    """An environment variable of the worker."""

    name: Annotated[
        str,
        shaped(
            "^[-._a-zA-Z][-._a-zA-Z0-9]*$",
            at_most=253,
            says="a variable's name has A-Z a-z 0-9 . _ - and does not begin with a digit",
        ),
    ]
    """Its name."""
    value: Annotated[str, Field(max_length=32768)] | None = None
    """Its value."""
    value_from: ValueFrom | None = None
    """Where its value stands, instead of `value`."""


class Resources(Part):
    """CPU, memory and devices."""

    requests: Annotated[dict[str, Quantity], Field(max_length=16)] | None = None
    """What a node must have free, as `cpu: 500m` and `memory: 256Mi`."""
    limits: Annotated[dict[str, Quantity], Field(max_length=16)] | None = None
    """What a worker may use at most."""


class LocalObject(Part):
    """An object of this namespace."""

    name: ObjectName
    """Its name."""


class Template(Part):
    """What the Deployment is made from."""

    app: Annotated[
        str,
        shaped(
            "^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*$",
            at_most=253,
            says="write app as module:attribute, for example shop.tasks:app",
        ),
    ]
    """The app that the workers run, as `module:attribute` (`shop.tasks:app`)."""
    image: Annotated[
        str, shaped(r"^\S+$", at_most=1024, says="write image as name:tag or name@digest")
    ]
    """The image, with the app and `giveway` in it."""
    command: Arguments = ()
    """Replaces `giveway` at the head of the command line `giveway worker APP`."""
    args: Arguments = ()
    """Further arguments, after `giveway worker APP`."""
    env: Annotated[
        tuple[Variable, ...], Field(max_length=128, json_schema_extra=listed(by="name"))
    ] = ()
    """Environment variables."""
    resources: Resources | None = None
    """CPU and memory of each pod."""
    node_selector: Annotated[dict[str, LabelValue], Field(max_length=32)] | None = None
    """Labels that a node must have."""
    tolerations: Annotated[tuple[Toleration, ...], Few] = ()
    """Taints that the pods put up with."""
    affinity: Affinity | None = None
    """Which nodes and which neighbours the pods want."""
    image_pull_secrets: Annotated[tuple[LocalObject, ...], Few] = ()
    """Secrets of this namespace with which the image is fetched."""
    service_account_name: ObjectName | None = None
    """The ServiceAccount of the pods, one of those that the operator's settings allow."""
    processes: Annotated[int, Field(ge=1, le=1024)] = 1
    """Child processes of each pod."""
    slots: Annotated[int, Field(ge=1, le=1024)] = 1
    """Tasks at a time in each process."""
    termination_grace_period_seconds: Annotated[int, Field(ge=1, le=24 * 3600)] = 30
    """How long a pod may take to leave."""
    pod_labels: Annotated[dict[str, LabelValue], Field(max_length=32)] | None = None
    """Further labels of the pods."""
    pod_annotations: (
        Annotated[dict[str, Annotated[str, Field(max_length=4096)]], Field(max_length=32)] | None
    ) = None
    """Further annotations of the pods."""


class Worker(Part):
    """Who does the work: exactly one of `scaleTargetRef` and `template`."""

    scale_target_ref: ScaleTargetRef | None = None
    """An existing Deployment whose replicas Giveway sets."""
    template: Template | None = None
    """What Giveway makes a Deployment from."""
    tiers: (
        Annotated[
            tuple[TierName, ...],
            Field(min_length=1, max_length=MAX_TIERS, json_schema_extra=listed()),
        ]
        | None
    ) = None
    """The tiers that these workers serve; absent: all."""
