"""A few texts that outlive the process: one ConfigMap, written whole."""

from collections.abc import Mapping

from lightkube.resources.core_v1 import ConfigMap

from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import NotFound

MANAGER = "giveway-notebook"


class Notebook:
    """Keys are of a-z A-Z 0-9 - . _; all texts together stay below a megabyte."""

    def __init__(self, api: Api, *, namespace: str, name: str) -> None:
        self._api, self._namespace, self._name = api, namespace, name

    async def read(self) -> Mapping[str, str]:
        """What stands in it; nothing if it was never written. Raises `ClusterError`."""
        try:
            found = await self._api.get(ConfigMap, self._name, namespace=self._namespace)
        except NotFound:
            return {}
        return dict(found.data or {})

    async def write(self, texts: Mapping[str, str]) -> None:
        """These and no others. Raises `ClusterError`."""
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": self._name},
            "data": dict(texts),
        }
        await self._api.apply(
            ConfigMap, self._name, body, namespace=self._namespace, manager=MANAGER
        )
