"""Writes the status of a PriorityQueue by server-side apply: all of it, and on change only.

What an apply does not name is removed, so a document is always whole. When to write: `status`.
"""

from collections.abc import Mapping

from giveway_operator.cluster.api import Api
from giveway_operator.cluster.kinds import PriorityQueueObject
from giveway_operator.facts import QueueKey
from giveway_operator.model import GROUP, KIND, VERSION

STATUS_MANAGER = "giveway-status"


async def write_status(
    api: Api, key: QueueKey, document: Mapping[str, object], *, uid: str = ""
) -> None:
    """Write the whole status; an equal one changes nothing on the server.

    `uid`: of the resource that the status is about; another one of that name is a `Conflict`.
    Raises `ClusterError` (`NotFound`: the resource is gone).
    """
    metadata = {"name": key.name, "namespace": key.namespace} | ({"uid": uid} if uid else {})
    body = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": metadata,
        "status": dict(document),
    }
    await api.apply(
        PriorityQueueObject.Status,
        key.name,
        body,
        namespace=key.namespace,
        manager=STATUS_MANAGER,
    )
