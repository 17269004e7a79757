"""What must hold between fields: one table for the API server and for us.

A rule has its expression for the API server (CEL) and the same check in Python side by side, and
one message for both. `crd` writes the expressions into the definition; `rule.broken` asks the
Python side, for objects that were stored before a rule existed and for `giveway crd check`.

Invariants:
1. Of a stored object rules are asked only when every field by itself is right, as the API server
   does; `giveway crd check` asks those whose own fields are right (`partly`).
2. A message is a fixed text that says what to write instead: one with numbers in it would cost more
   than the API server allows.
3. A field without a default may be absent: the expression asks `has()` first.
"""

from typing import Any, Final

from pydantic.alias_generators import to_camel

from giveway_operator.model.metadata import Metadata
from giveway_operator.model.part import LABEL_KEY, LABEL_KEY_SAYS, Part, matches
from giveway_operator.model.placement import NodeRequirement, Requirement, Selector, Toleration
from giveway_operator.model.rule import Rule
from giveway_operator.model.spec import Scaling, Spec
from giveway_operator.model.worker import Resources, Template, ValueFrom, Variable, Worker

# A Deployment's name goes into those of its ReplicaSets and pods, which add 16 characters.
MAX_NAME: Final = 47

# What the operator sets by itself; a second value would quietly win or lose.
RESERVED_VARIABLES: Final = (
    "GIVEWAY_REDIS_URL",
    "GIVEWAY_REDIS_PASSWORD_FILE",
    "GIVEWAY_REDIS_CA_FILE",
    "GIVEWAY_QUEUE",
    "GIVEWAY_TIERS",
    "GIVEWAY_WORKER_TIERS",
    "GIVEWAY_PROCESSES",
    "GIVEWAY_SLOTS",
    "GIVEWAY_GRACE_SECONDS",
    "GIVEWAY_METRICS_PORT",
    "GIVEWAY_POD_NAME",
    "GIVEWAY_POD_UID",
    "GIVEWAY_RESOURCE_UID",
)
RESERVED_ANNOTATIONS: Final = (
    "giveway.dev/",
    "controller.kubernetes.io/pod-deletion-cost",
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "seccomp.security.alpha.kubernetes.io/",
)


def _words(texts: tuple[str, ...]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


def _no_reserved(keys: dict[str, str] | None, *, starts: tuple[str, ...]) -> bool:
    return not any(key.startswith(starts) for key in keys or ())


def _none_starts(field: str, *, starts: tuple[str, ...]) -> str:
    return (
        f"!has(self.{field}) || self.{field}.all(key, "
        f"![{_words(starts)}].exists(start, key.startsWith(start)))"
    )


def _unique(names: Any) -> bool:
    return len(set(names)) == len(names)


def _sorted(numbers: list[float]) -> bool:
    return numbers == sorted(numbers)


def _compares_rightly(label: NodeRequirement) -> bool:
    if label.operator in ("Gt", "Lt"):
        digits = label.values[0].removeprefix("-") if len(label.values) == 1 else ""
        return digits.isascii() and digits.isdigit()
    return (label.operator in ("In", "NotIn")) == bool(label.values)


def _keys(part: type[Part], field: str) -> Rule:
    """The keys of a mapping, which a schema has no words for."""
    return Rule(
        on=part,
        field=to_camel(field),
        message=LABEL_KEY_SAYS,
        cel=f"!has(self.{to_camel(field)}) || "
        f"self.{to_camel(field)}.all(key, key.matches(r'{LABEL_KEY}'))",
        holds=lambda one: all(matches(key, LABEL_KEY) for key in getattr(one, field) or ()),
    )


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        on=Metadata,
        field="name",
        message="metadata.name must have at most 47 characters, so that its pods' names fit",
        cel=f"self.metadata.name.size() <= {MAX_NAME}",
        holds=lambda metadata: len(metadata.name) <= MAX_NAME,
    ),
    Rule(
        on=Metadata,
        field="name",
        message="metadata.name must have no dot, since pods are named after it: write a hyphen",
        cel="!self.metadata.name.contains('.')",
        holds=lambda metadata: "." not in metadata.name,
    ),
    Rule(
        on=Spec,
        field="tiers",
        message="each tier needs a name of its own: rename or remove the second one",
        cel="self.tiers.all(a, self.tiers.exists_one(b, b.name == a.name))",
        holds=lambda spec: _unique([tier.name for tier in spec.tiers]),
    ),
    Rule(
        on=Spec,
        field="tiers",
        message="sloSeconds must not fall from one tier to the next: put the most urgent tier "
        "first, or give the later one more time",
        cel="self.tiers.map(tier, tier.sloSeconds).isSorted()",
        holds=lambda spec: _sorted([tier.slo_seconds for tier in spec.tiers]),
    ),
    Rule(
        on=Spec,
        field="worker.tiers",
        message="worker.tiers names a tier that is not in tiers: add it there or leave it out here",
        cel="!has(self.worker.tiers) || "
        "self.worker.tiers.all(name, self.tiers.exists(tier, tier.name == name))",
        holds=lambda spec: set(spec.worker.tiers or ()) <= {tier.name for tier in spec.tiers},
    ),
    Rule(
        on=Spec,
        field="scaling.slotsPerReplica",
        message="with a template slotsPerReplica is its processes times its slots: "
        "remove slotsPerReplica",
        cel="!has(self.worker.template) || !has(self.scaling.slotsPerReplica) || "
        "self.scaling.slotsPerReplica == self.worker.template.processes * "
        "self.worker.template.slots",
        holds=lambda spec: (
            spec.worker.template is None
            or spec.scaling.slots_per_replica
            in (None, spec.worker.template.processes * spec.worker.template.slots)
        ),
    ),
    Rule(
        on=Worker,
        field="",
        message="exactly one of scaleTargetRef and template must be there: "
        "name an existing Deployment, or describe one to be made",
        cel="has(self.scaleTargetRef) != has(self.template)",
        holds=lambda worker: (worker.scale_target_ref is None) != (worker.template is None),
    ),
    Rule(
        on=Worker,
        field="tiers",
        message="worker.tiers names a tier twice: name each once",
        cel="!has(self.tiers) || self.tiers.all(a, self.tiers.exists_one(b, b == a))",
        holds=lambda worker: _unique(worker.tiers or ()),
    ),
    Rule(
        on=Scaling,
        field="maxReplicas",
        message="maxReplicas must not be below minReplicas: raise it, or lower minReplicas",
        cel="self.maxReplicas >= self.minReplicas",
        holds=lambda scaling: scaling.max_replicas >= scaling.min_replicas,
    ),
    Rule(
        on=Scaling,
        field="replicas",
        message="replicas must not be above maxReplicas: pin fewer, or raise maxReplicas",
        cel="!has(self.replicas) || self.replicas <= self.maxReplicas",
        holds=lambda scaling: (scaling.replicas or 0) <= scaling.max_replicas,
    ),
    Rule(
        on=Scaling,
        field="fallback.replicas",
        message="fallback.replicas must not be above maxReplicas: lower it, or raise maxReplicas",
        cel="!has(self.fallback) || self.fallback.replicas <= self.maxReplicas",
        holds=lambda scaling: (
            scaling.fallback is None or scaling.fallback.replicas <= scaling.max_replicas
        ),
    ),
    Rule(
        on=Template,
        field="podLabels",
        message="podLabels must not begin with giveway.dev/: those labels are the operator's own",
        cel=_none_starts("podLabels", starts=("giveway.dev/",)),
        holds=lambda template: _no_reserved(template.pod_labels, starts=("giveway.dev/",)),
    ),
    Rule(
        on=Template,
        field="podAnnotations",
        message="podAnnotations must not begin with giveway.dev/, and must not set the cost of "
        "deletion, AppArmor or seccomp: those are the operator's own",
        cel=_none_starts("podAnnotations", starts=RESERVED_ANNOTATIONS),
        holds=lambda template: _no_reserved(template.pod_annotations, starts=RESERVED_ANNOTATIONS),
    ),
    Rule(
        on=Variable,
        field="name",
        message="this variable is set by the operator: remove it; redis, queue, tiers, processes, "
        "slots and the time to leave have fields of their own",
        cel=f"!(self.name in [{_words(RESERVED_VARIABLES)}])",
        holds=lambda variable: variable.name not in RESERVED_VARIABLES,
    ),
    Rule(
        on=Variable,
        field="",
        message="a variable has either value or valueFrom: remove one of them",
        cel="!(has(self.value) && has(self.valueFrom))",
        holds=lambda variable: variable.value is None or variable.value_from is None,
    ),
    Rule(
        on=ValueFrom,
        field="",
        message="exactly one of secretKeyRef and configMapKeyRef must be there",
        cel="has(self.secretKeyRef) != has(self.configMapKeyRef)",
        holds=lambda source: (source.secret_key_ref is None) != (source.config_map_key_ref is None),
    ),
    Rule(
        on=Toleration,
        field="operator",
        message="a toleration without a key needs operator Exists",
        cel="has(self.key) || self.operator == 'Exists'",
        holds=lambda taint: taint.key is not None or taint.operator == "Exists",
    ),
    Rule(
        on=Toleration,
        field="value",
        message="a toleration with operator Exists has no value: remove it",
        cel="self.operator != 'Exists' || !has(self.value)",
        holds=lambda taint: taint.operator != "Exists" or taint.value is None,
    ),
    Rule(
        on=Toleration,
        field="tolerationSeconds",
        message="tolerationSeconds needs effect NoExecute",
        cel="!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
        holds=lambda taint: taint.toleration_seconds is None or taint.effect == "NoExecute",
    ),
    Rule(
        on=Requirement,
        field="values",
        message="In and NotIn need values, Exists and DoesNotExist have none",
        cel="(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
        holds=lambda label: (label.operator in ("In", "NotIn")) == bool(label.values),
    ),
    Rule(
        on=NodeRequirement,
        field="values",
        message="In and NotIn need values, Gt and Lt one number, Exists and DoesNotExist none",
        cel="self.operator in ['Gt', 'Lt'] ? has(self.values) && size(self.values) == 1 && "
        "self.values[0].matches('^-?[0-9]+$') : "
        "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
        holds=_compares_rightly,
    ),
    _keys(Template, "node_selector"),
    _keys(Template, "pod_labels"),
    _keys(Template, "pod_annotations"),
    _keys(Resources, "requests"),
    _keys(Resources, "limits"),
    _keys(Selector, "match_labels"),
)
