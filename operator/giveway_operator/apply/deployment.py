"""Makes and keeps the Deployment of a queue with a template, without owning its replicas."""

from giveway_operator.cluster.api import Api
from giveway_operator.deployment import Manifest


async def apply_deployment(api: Api, manifest: Manifest) -> None:
    """Make it so. Created at 0 replicas; afterwards `replicas` belongs to `scale`.

    Raises `ClusterError`; `NotOurs` if a Deployment of that name belongs to somebody else.
    """
    raise NotImplementedError
