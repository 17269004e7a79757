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
    """A Deployment of this namespace whose replicas Giveway sets, and nothing else of it."""

    api_version: Literal["apps/v1"] = "apps/v1"
    """The version of its API."""
    kind: Literal["Deployment"] = "Deployment"
    """What it is. Only of a Deployment can be said which pods go when some have to."""
    name: ObjectName
    """The name of the Deployment."""


class KeyOf(Part):
    """A key of a Secret or a ConfigMap in this namespace."""

    name: ObjectName
    """The name of the object."""
    key: DataKey
    """The key in its data."""
    optional: bool = False
    """True: where the object or the key is absent, the pod starts without the variable."""


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
    """Its name. Those that the operator sets (GIVEWAY_REDIS_URL, GIVEWAY_QUEUE, GIVEWAY_TIERS and
    their like) are refused."""
    value: Annotated[str, Field(max_length=32768)] | None = None
    """Its value, as a text: write numbers in quotes."""
    value_from: ValueFrom | None = None
    """Where its value stands, instead of value."""


class Resources(Part):
    """CPU, memory and devices."""

    requests: Annotated[dict[str, Quantity], Field(max_length=16)] | None = None
    """What a node must have free for each pod, as cpu: 500m and memory: 256Mi."""
    limits: Annotated[dict[str, Quantity], Field(max_length=16)] | None = None
    """What a pod may use at most."""


class LocalObject(Part):
    """An object of this namespace."""

    name: ObjectName
    """The name of the object."""


class Template(Part):
    """What the Deployment is made from.

    It is an allow list: there are no volumes, no security context, no host network, no privileges.
    The pods have the restricted pod security profile and no token.
    """

    app: Annotated[
        str,
        shaped(
            "^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*$",
            at_most=253,
            says="write app as module:attribute, for example shop.tasks:app",
        ),
    ]
    """The app that the workers run, as module:attribute: what stands behind `giveway worker`."""
    image: Annotated[
        str, shaped(r"^\S+$", at_most=1024, says="write image as name:tag or name@digest")
    ]
    """The image, with the app and giveway installed in it. It must run as a user that is not
    root, with a root file system that cannot be written to; /tmp can."""
    command: Arguments = ()
    """What the container runs instead of `giveway`, for images in which it lies elsewhere or is
    started by something. Behind it comes: worker APP, our options, args."""
    args: Arguments = ()
    """Further arguments of `giveway worker`. Processes, slots and tiers have fields of their own:
    set them there, since they are counted with."""
    env: Annotated[
        tuple[Variable, ...], Field(max_length=128, json_schema_extra=listed(by="name"))
    ] = ()
    """Environment variables of the workers, as in a pod. Redis, queue and tiers are set by the
    operator."""
    resources: Resources | None = None
    """CPU, memory and devices of each pod, as in a pod."""
    node_selector: Annotated[dict[str, LabelValue], Field(max_length=32)] | None = None
    """Labels that a node must have for the pods to run on it."""
    tolerations: Annotated[tuple[Toleration, ...], Few] = ()
    """Taints of nodes that the pods put up with, as in a pod."""
    affinity: Affinity | None = None
    """Which nodes and which neighbours the pods want, as in a pod. It cannot look into other
    namespaces."""
    image_pull_secrets: Annotated[tuple[LocalObject, ...], Few] = ()
    """The Secrets of this namespace with which the image is fetched."""
    service_account_name: ObjectName | None = None
    """The ServiceAccount of the pods, one that the operator has been told to allow
    (GIVEWAY_OPERATOR_SERVICE_ACCOUNTS). Its token is not mounted. Absent: the default one."""
    processes: Annotated[int, Field(ge=1, le=1024)] = 1
    """How many child processes each pod has. Work in Python that computes needs one for each
    CPU; a crash takes only its own process."""
    slots: Annotated[int, Field(ge=1, le=1024)] = 1
    """How many tasks each process works at, at a time. More than one for tasks that wait for
    others: a database, an HTTP service."""
    termination_grace_period_seconds: Annotated[int, Field(ge=1, le=24 * 3600)] = 30
    """How long a pod may take to leave, in seconds. A batch gives way at its next
    item and needs little; raise it above the longest single task, or that task starts again
    elsewhere."""
    pod_labels: Annotated[dict[str, LabelValue], Field(max_length=32)] | None = None
    """Further labels of the pods, for a NetworkPolicy or a bill."""
    pod_annotations: (
        Annotated[dict[str, Annotated[str, Field(max_length=4096)]], Field(max_length=32)] | None
    ) = None
    """Further annotations of the pods, for a mesh or a collector of logs."""


class Worker(Part):
    """Who does the work: exactly one of `scaleTargetRef` and `template`."""

    scale_target_ref: ScaleTargetRef | None = None
    """An existing Deployment of this namespace: Giveway sets its replicas, chooses who leaves,
    and changes nothing else. Its pods must run `giveway worker` on this queue, and say in
    GIVEWAY_POD_NAME which pod they are (metadata.name): else none of them is ever taken away. No
    HorizontalPodAutoscaler or ScaledObject may have the same target."""
    template: Template | None = None
    """What Giveway makes a Deployment from, and keeps it like that. It has the name of this
    resource and goes with it."""
    tiers: (
        Annotated[
            tuple[TierName, ...],
            Field(min_length=1, max_length=MAX_TIERS, json_schema_extra=listed()),
        ]
        | None
    ) = None
    """The tiers that these workers serve, by name. Absent: all. For workers that are kept free for
    urgent work, beside those of another resource with the same queue that serve all."""
