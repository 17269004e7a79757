"""Mistakes between fields: every rule of the table at least once."""

from typing import Final

from tests.priorityqueues.documents import GONE, changed, from_template
from tests.priorityqueues.mistake import (
    KEY_SAYS,
    NODE,
    POD,
    TEMPLATE,
    Mistake,
    in_deployment,
    in_spec,
    in_template,
    neighbours,
    node_label,
)

BETWEEN_FIELDS: Final = (
    in_deployment(
        "a name too long for those of its pods",
        "metadata.name",
        "metadata.name must have at most 47 characters, so that its pods' names fit",
        **{"metadata.name": "a" * 48},
    ),
    in_deployment(
        "a name with a dot",
        "metadata.name",
        "metadata.name must have no dot, since pods are named after it: write a hyphen",
        **{"metadata.name": "shop.orders"},
    ),
    in_spec(
        "two tiers of one name",
        "tiers",
        "each tier needs a name of its own: rename or remove the second one",
        **{"tiers[1].name": "high"},
    ),
    in_spec(
        "a lower tier that promises more",
        "tiers",
        "sloSeconds must not fall from one tier to the next: put the most urgent tier first, "
        "or give the later one more time",
        **{"tiers[1].sloSeconds": 4.9},
    ),
    in_spec(
        "workers of a tier that is not there",
        "worker.tiers",
        "worker.tiers names a tier that is not in tiers: add it there or leave it out here",
        **{"worker.tiers": ["high", "hihg"]},
    ),
    in_spec(
        "workers of a tier named twice",
        "worker.tiers",
        "worker.tiers names a tier twice: name each once",
        **{"worker.tiers": ["high", "high"]},
    ),
    Mistake(
        "other slots than the template's",
        changed(from_template(), {f"{TEMPLATE}.slots": 4, "spec.scaling.slotsPerReplica": 8}),
        "spec.scaling.slotsPerReplica",
        "with a template slotsPerReplica is its processes times its slots: remove slotsPerReplica",
    ),
    in_spec(
        "no workers at all",
        "worker",
        "exactly one of scaleTargetRef and template must be there: "
        "name an existing Deployment, or describe one to be made",
        **{"worker.scaleTargetRef": GONE},
    ),
    in_spec(
        "both kinds of workers",
        "worker",
        "exactly one of scaleTargetRef and template must be there: "
        "name an existing Deployment, or describe one to be made",
        **{"worker.template": {"app": "shop.tasks:app", "image": "shop:1"}},
    ),
    in_spec(
        "more at least than at most",
        "scaling.maxReplicas",
        "maxReplicas must not be below minReplicas: raise it, or lower minReplicas",
        scaling={"minReplicas": 6, "maxReplicas": 5},
    ),
    in_spec(
        "more at least than the default allows",
        "scaling.maxReplicas",
        "maxReplicas must not be below minReplicas: raise it, or lower minReplicas",
        scaling={"minReplicas": 11},
    ),
    in_spec(
        "a pin above what is allowed",
        "scaling.replicas",
        "replicas must not be above maxReplicas: pin fewer, or raise maxReplicas",
        scaling={"replicas": 11},
    ),
    in_spec(
        "a fallback above what is allowed",
        "scaling.fallback.replicas",
        "fallback.replicas must not be above maxReplicas: lower it, or raise maxReplicas",
        scaling={"fallback": {"replicas": 11}},
    ),
    in_template(
        "a label of the operator's own",
        "podLabels",
        "podLabels must not begin with giveway.dev/: those labels are the operator's own",
        podLabels={"team": "shop", "giveway.dev/priorityqueue": "other"},
    ),
    *(
        in_template(
            f"the annotation {key}",
            "podAnnotations",
            "podAnnotations must not begin with giveway.dev/, and must not set the cost of "
            "deletion, AppArmor or seccomp: those are the operator's own",
            podAnnotations={key: "1"},
        )
        for key in (
            "giveway.dev/template",
            "controller.kubernetes.io/pod-deletion-cost",
            "container.apparmor.security.beta.kubernetes.io/worker",
            "container.seccomp.security.alpha.kubernetes.io/worker",
            "seccomp.security.alpha.kubernetes.io/pod",
        )
    ),
    in_template(
        "a variable that the operator sets",
        "env[1].name",
        "this variable is set by the operator: remove it; redis, queue, tiers, processes, "
        "slots and the time to leave have fields of their own",
        env=[{"name": "LANG", "value": "C"}, {"name": "GIVEWAY_REDIS_URL", "value": "redis://x"}],
    ),
    in_template(
        "a variable with two values",
        "env[0]",
        "a variable has either value or valueFrom: remove one of them",
        env=[{"name": "A", "value": "1", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
    ),
    in_template(
        "a value from nowhere",
        "env[0].valueFrom",
        "exactly one of secretKeyRef and configMapKeyRef must be there",
        env=[{"name": "A", "valueFrom": {}}],
    ),
    in_template(
        "a toleration of nothing",
        "tolerations[0].operator",
        "a toleration without a key needs operator Exists",
        tolerations=[{"effect": "NoSchedule"}],
    ),
    in_template(
        "a toleration with a value that does not count",
        "tolerations[0].value",
        "a toleration with operator Exists has no value: remove it",
        tolerations=[{"key": "spot", "operator": "Exists", "value": "yes"}],
    ),
    in_template(
        "a toleration for a while of what does not evict",
        "tolerations[0].tolerationSeconds",
        "tolerationSeconds needs effect NoExecute",
        tolerations=[{"key": "spot", "effect": "NoSchedule", "tolerationSeconds": 60}],
    ),
    in_template(
        "pods compared with nothing",
        f"{POD}[0].labelSelector.matchExpressions[0].values",
        "In and NotIn need values, Exists and DoesNotExist have none",
        affinity=neighbours({"matchExpressions": [{"key": "app", "operator": "In"}]}),
    ),
    *(
        in_template(
            f"nodes compared by {operator} with {values}",
            f"{NODE}[0].matchExpressions[0].values",
            "In and NotIn need values, Gt and Lt one number, Exists and DoesNotExist none",
            affinity=node_label(values, operator),
        )
        for operator, values in (
            ("In", []),
            ("Exists", ["ssd"]),
            ("Gt", ["many"]),
            ("Lt", ["1", "2"]),
            ("Gt", []),
        )
    ),
    *(
        in_template(f"a key of {field} with a space", field, KEY_SAYS, **{field: {"my team": "a"}})
        for field in ("nodeSelector", "podLabels", "podAnnotations")
    ),
    *(
        in_template(
            f"a key of {field} with a space",
            f"resources.{field}",
            KEY_SAYS,
            resources={field: {"my cpu": 1}},
        )
        for field in ("requests", "limits")
    ),
    in_template(
        "a key of matchLabels with a space",
        f"{POD}[0].labelSelector.matchLabels",
        KEY_SAYS,
        affinity=neighbours({"matchLabels": {"my app": "x"}}),
    ),
)
