"""Sets the replicas of a Deployment, if they still are what the decision was made from.

The `resourceVersion` of a Deployment moves with every pod that gets ready, so a conflict says
little: it is read again, and if the replicas still are as expected, asked once more. If they are
not, somebody else has set them (a person, another autoscaler, ourselves before a restart) and the
decision has to be made anew from that.
"""

from dataclasses import dataclass

from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import Conflict
from giveway_operator.cluster.kinds import Deployment, DeploymentScale

_CONFLICTS = 5


@dataclass(frozen=True, slots=True)
class Scaled:
    """`done` False: the replicas were `found` and not what was expected; decide again.

    `resource_version`: of the Deployment, as it was written or found.
    """

    done: bool
    found: int
    resource_version: str = ""


async def scale(
    api: Api,
    *,
    namespace: str,
    name: str,
    replicas: int,
    expected: int,
    resource_version: str = "",
) -> Scaled:
    """Ask for `replicas`. `expected`, `resource_version`: of the Deployment as it was seen.

    Without a version it is read first. Raises `ClusterError`; `Conflict` if it changes faster than
    it can be read.
    """
    version = resource_version
    for attempts_left in reversed(range(_CONFLICTS)):
        if not version:
            found, version = await _read(api, namespace, name)
            if found == replicas:  # an attempt of ours got through, or nothing is to be done
                return Scaled(done=True, found=found, resource_version=version)
            if found != expected:
                return Scaled(done=False, found=found, resource_version=version)
        try:
            return await _write(api, namespace, name, replicas, version)
        except Conflict:
            if not attempts_left:
                raise
            version = ""
    raise AssertionError("the last attempt returns or raises")


async def _read(api: Api, namespace: str, name: str) -> tuple[int, str]:
    return _seen(await api.get(Deployment.Scale, name, namespace=namespace))


async def _write(api: Api, namespace: str, name: str, replicas: int, version: str) -> Scaled:
    body = {"metadata": {"resourceVersion": version}, "spec": {"replicas": replicas}}
    written = await api.merge(Deployment.Scale, name, body, namespace=namespace)
    found, version = _seen(written)
    return Scaled(done=True, found=found, resource_version=version)


def _seen(scale: DeploymentScale) -> tuple[int, str]:
    """Replicas asked for and the version; 0 replicas are left out of the answer."""
    replicas = (scale.spec.replicas or 0) if scale.spec else 0
    return replicas, (scale.metadata.resourceVersion if scale.metadata else None) or ""
