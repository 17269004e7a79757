"""Writes the status of a PriorityQueue by server-side apply: all of it, and on change only.

What an apply does not name is removed, so a document is always whole. When to write: `status`.
"""

from collections.abc import Mapping

from giveway_operator.cluster.api import Api
from giveway_operator.cluster.kinds import PriorityQueueObject
from giveway_operator.facts import QueueKey
from giveway_operator.model import GROUP, KIND, VERSION

STATUS_MANAGER = "giveway-status"


async def write_status(api: Api, key: QueueKey, document: Mapping[str, object]) -> None:
    """Write the whole status; an equal one changes nothing on the server.

    Raises `ClusterError` (`NotFound`: the resource is gone). If another one of that name was made
    meanwhile it gets this status until its own first look: the API server takes no uid here.
    """
    body = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": key.name, "namespace": key.namespace},
        "status": dict(document),
    }
    await api.apply(
        PriorityQueueObject.Status,
        key.name,
        body,
        namespace=key.namespace,
        manager=STATUS_MANAGER,
    )
