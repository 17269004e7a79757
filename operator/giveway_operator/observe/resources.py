"""All PriorityQueues, by a list: beside the watch, which may fall silent."""

from collections.abc import Sequence
from typing import Any

from giveway_operator.cluster.api import Api
from giveway_operator.cluster.kinds import PriorityQueueObject


async def list_resources(api: Api, *, namespaces: Sequence[str]) -> list[dict[str, Any]]:
    """As the API server answers them; without namespaces of the whole cluster.

    Raises `ClusterError`: then nothing is known, which is not the same as none.
    """
    found = []
    for namespace in namespaces or (None,):
        found += await api.list_all(PriorityQueueObject, namespace=namespace)
    return [one.to_dict() for one in found]
