"""What a worker's pod is told, and the files it finds. Pure.

Redis is reached by Secrets of the resource's own namespace, which the kubelet reads, not we: the
URL as a variable, password and certificates as files, which a worker reads again at every
connection, so that they can be rotated under it. A template that sets a variable of ours is refused
by `model.rules`.
"""

from typing import Any

from giveway_operator.model import PriorityQueue, Template

_FOLDER = "/run/giveway"
_PASSWORD, _CA = "redis-password", "redis-ca"


def variables(resource: PriorityQueue, template: Template) -> list[dict[str, Any]]:
    """The environment: ours, then the template's."""
    redis = resource.spec.redis
    ours: dict[str, Any] = {
        "GIVEWAY_QUEUE": resource.queue,
        "GIVEWAY_TIERS": ",".join(resource.tiers),
        "GIVEWAY_GRACE_SECONDS": _grace(template.termination_grace_period_seconds),
        "GIVEWAY_METRICS_PORT": "9400",
        "GIVEWAY_RESOURCE_UID": resource.metadata.uid,
    }
    if redis.password_secret is not None:
        ours["GIVEWAY_REDIS_PASSWORD_FILE"] = f"{_FOLDER}/{_PASSWORD}/{_PASSWORD}"
    if redis.ca_secret is not None:
        ours["GIVEWAY_REDIS_CA_FILE"] = f"{_FOLDER}/{_CA}/{_CA}"
    url = {"secretKeyRef": {"name": redis.secret.name, "key": redis.secret.key}}
    return [
        {"name": "GIVEWAY_REDIS_URL", "valueFrom": url},
        *({"name": name, "value": value} for name, value in ours.items()),
        _field("GIVEWAY_POD_NAME", "metadata.name"),
        _field("GIVEWAY_POD_UID", "metadata.uid"),
        *(_variable(one) for one in template.env),
    ]


def volumes(resource: PriorityQueue) -> list[dict[str, Any]]:
    """A place to write (the root file system is read-only), and the Secrets' files."""
    redis = resource.spec.redis
    made: list[dict[str, Any]] = [{"name": "tmp", "emptyDir": {}}]
    for name, secret in ((_PASSWORD, redis.password_secret), (_CA, redis.ca_secret)):
        if secret is not None:
            items = [{"key": secret.key, "path": name}]
            made.append({"name": name, "secret": {"secretName": secret.name, "items": items}})
    return made


def mounts(resource: PriorityQueue) -> list[dict[str, Any]]:
    """Where those are in the container."""
    secrets = [one["name"] for one in volumes(resource) if "secret" in one]
    return [
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 -- the container's own
        *({"name": one, "mountPath": f"{_FOLDER}/{one}", "readOnly": True} for one in secrets),
    ]


def _grace(termination_seconds: int) -> str:
    """Less than the pod has: who is killed in the midst of its leave-taking loses its leases."""
    return f"{max(termination_seconds - 5, termination_seconds / 2):g}"


def _field(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def _variable(variable: Any) -> dict[str, Any]:
    written: dict[str, Any] = variable.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return written
