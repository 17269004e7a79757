"""All PriorityQueues, by a list: beside the watch, which may fall silent."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from giveway_operator.cluster.api import Api
from giveway_operator.cluster.kinds import PriorityQueueObject

Document = Mapping[str, Any]


async def list_resources(
    api: Api, *, namespaces: Sequence[str], brief: Callable[[Document], Document]
) -> list[Document]:
    """As the API server answers them; without namespaces of the whole cluster.

    `brief`: what of one is needed; a thousand whole ones are thirty megabytes while they are read.
    Raises `ClusterError`: then nothing is known, which is not the same as none.
    """
    found: list[Document] = []
    for namespace in namespaces or (None,):
        async for page in api.pages(PriorityQueueObject, namespace=namespace):
            found += [brief(one.to_dict()) for one in page]
    return found
