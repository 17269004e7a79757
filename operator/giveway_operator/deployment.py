"""From a PriorityQueue's template to the Deployment of its workers. Pure.

The template is an allow list (`model.worker`); everything that the restricted pod security standard
asks for (kubernetes.io, "Pod Security Standards") is set here, whatever the namespace enforces, and
nothing in a template can unset it. The pod's environment: `workerenv`.

Invariants: labels by which the pods are found never change, as a Deployment's selector cannot;
equal resources give equal manifests; `replicas` is not in it, it belongs to whoever scales.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from giveway.errors import ConfigurationError
from giveway_operator import workerenv
from giveway_operator.facts import QueueKey
from giveway_operator.model import GROUP, KIND, VERSION, PriorityQueue, Template

QUEUE_LABEL = "giveway.dev/priorityqueue"
MANAGED_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "giveway-operator"
CONTAINER = "worker"

_MAX_NAME = 47  # pods add up to 16 characters, and a label holds 63
_METRICS_PORT = 9400
_START_SECONDS = 180  # as long as a worker may take until it answers its probes

# Options of `giveway worker`: a second value would win, and the law reckon with the first.
_OURS = {
    "--processes": "use spec.worker.template.processes",
    "--slots": "use spec.worker.template.slots",
    "--tiers": "use spec.worker.tiers",
    "--redis-url": "use spec.redis.secret",
}


class TemplateRefused(ConfigurationError):
    """The template asks for what it may not have. The message names the field and the fix."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A Deployment to apply. `body`: as the API takes it, without `replicas`."""

    namespace: str
    name: str
    owner_uid: str
    body: Mapping[str, Any]


def manifest(
    resource: PriorityQueue, *, service_accounts: frozenset[str] = frozenset()
) -> Manifest:
    """The Deployment for a resource with a template, owned by its live uid.

    `service_accounts`: those that a template may name. Raises `TemplateRefused`.
    """
    template = resource.spec.worker.template
    if template is None:
        raise TemplateRefused("spec.worker.template: absent, there is nothing to make")
    _check(template, service_accounts)
    return Manifest(
        namespace=resource.key.namespace,
        name=deployment_name(resource.key),
        owner_uid=resource.metadata.uid,
        body=_deployment(resource, template),
    )


def deployment_name(key: QueueKey) -> str:
    """The resource's own name; one too long for its pods' names is cut and told apart by a hash."""
    if len(key.name) <= _MAX_NAME:
        return key.name.replace(".", "-")
    mark = hashlib.sha256(key.name.encode()).hexdigest()[:8]
    return f"{key.name[: _MAX_NAME - 9].replace('.', '-').rstrip('-')}-{mark}"


def selector(key: QueueKey) -> Mapping[str, str]:
    """The labels by which a resource's Deployment finds its pods."""
    return {MANAGED_LABEL: MANAGED_BY, QUEUE_LABEL: deployment_name(key)}


def _check(template: Template, service_accounts: frozenset[str]) -> None:
    account = template.service_account_name
    if account is not None and account not in service_accounts:
        raise TemplateRefused(
            f"spec.worker.template.serviceAccountName: {account} is not among those that the "
            "operator allows; leave it out, or add it to GIVEWAY_OPERATOR_SERVICE_ACCOUNTS"
        )
    for place, argument in enumerate(template.args):
        if (option := argument.split("=")[0]) in _OURS:
            raise TemplateRefused(
                f"spec.worker.template.args[{place}]: {option} is set by the operator; "
                f"{_OURS[option]}"
            )


def _deployment(resource: PriorityQueue, template: Template) -> dict[str, Any]:
    key = resource.key
    labels = {
        "app.kubernetes.io/name": "giveway-worker",
        "app.kubernetes.io/instance": deployment_name(key),
        **selector(key),
    }
    pod_labels = {**(template.pod_labels or {}), **labels}
    pod_metadata: dict[str, Any] = {"labels": pod_labels}
    if template.pod_annotations:
        pod_metadata["annotations"] = dict(template.pod_annotations)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": deployment_name(key),
            "namespace": key.namespace,
            "labels": labels,
            "ownerReferences": [_owner(resource)],
        },
        "spec": {
            "selector": {"matchLabels": dict(selector(key))},
            # A new pod must be ready before an old one leaves: the promise holds meanwhile.
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"},
            },
            "revisionHistoryLimit": 2,
            "template": {"metadata": pod_metadata, "spec": _pod(resource, template)},
        },
    }


def _owner(resource: PriorityQueue) -> dict[str, Any]:
    # Without blockOwnerDeletion: setting that takes the right to update finalizers.
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "name": resource.metadata.name,
        "uid": resource.metadata.uid,
        "controller": True,
    }


def _pod(resource: PriorityQueue, template: Template) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,  # a thousand Services are thousands of variables
        "terminationGracePeriodSeconds": template.termination_grace_period_seconds,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container(resource, template)],
        "volumes": workerenv.volumes(resource),
    }
    chosen: dict[str, Any] = {
        "nodeSelector": template.node_selector,
        "tolerations": [_wire(one) for one in template.tolerations],
        "affinity": _wire(template.affinity) if template.affinity else None,
        "imagePullSecrets": [_wire(one) for one in template.image_pull_secrets],
        "serviceAccountName": template.service_account_name,
    }
    return spec | {name: value for name, value in chosen.items() if value}


def _container(resource: PriorityQueue, template: Template) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": template.image,
        "command": list(template.command) or ["giveway"],
        "args": _arguments(resource, template),
        "env": workerenv.variables(resource, template),
        "ports": [{"name": "metrics", "containerPort": _METRICS_PORT, "protocol": "TCP"}],
        # An app may take minutes to import; and who is up is ready a second later, not five.
        "startupProbe": _probe("/healthz", period_seconds=1, failures=_START_SECONDS),
        "livenessProbe": _probe("/healthz", period_seconds=10),
        "readinessProbe": _probe("/readyz", period_seconds=5),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        },
        "volumeMounts": workerenv.mounts(resource),
    }
    if template.resources is not None and (resources := _wire(template.resources)):
        container["resources"] = resources
    return container


def _arguments(resource: PriorityQueue, template: Template) -> list[str]:
    ours = ["worker", template.app, f"--processes={template.processes}"]
    ours.append(f"--slots={template.slots}")
    if resource.spec.worker.tiers is not None:
        ours.append(f"--tiers={','.join(resource.served)}")
    return [*ours, *template.args]


def _probe(path: str, *, period_seconds: int, failures: int = 3) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": "metrics"},
        "periodSeconds": period_seconds,
        "timeoutSeconds": 3,
        "failureThreshold": failures,
    }


def _wire(part: Any) -> dict[str, Any]:
    """As the API names it, without what is absent or empty."""
    written: dict[str, Any] = part.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return written
