"""Writes the status of a PriorityQueue by server-side apply: all of it, and on change only."""

from collections.abc import Mapping

from giveway_operator.cluster.api import Api
from giveway_operator.facts import QueueKey


async def write_status(api: Api, key: QueueKey, document: Mapping[str, object]) -> None:
    """Write the whole status; an equal one changes nothing on the server.

    Raises `ClusterError` (`NotFound`: the resource is gone).
    """
    raise NotImplementedError
