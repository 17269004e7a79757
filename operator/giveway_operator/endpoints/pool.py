"""One place for all endpoints: equal sources share one, and what nobody uses any more is closed.

A Secret that changes makes another source, and so another endpoint: a rotated password or address
is followed at the next look, and the connections that were opened with the old one are closed.
"""

import asyncio
import socket
from collections.abc import Collection

from giveway.errors import ConfigurationError
from giveway.store.access import Access
from giveway.store.connect import endpoint_of
from giveway.store.endpoint import Endpoint
from giveway.store.many import ManyStore
from giveway_operator.endpoints.guard import refusals, why_unusable
from giveway_operator.endpoints.source import Source

_CLOSING_SECONDS = 1.0


class Endpoints:
    """All Redis servers of this operator.

    `name`: this operator's pod, for CLIENT LIST. `api_server`: host and port of the API server,
    which no Redis URL may lead to; its name is resolved here, once.
    """

    def __init__(self, *, name: str, api_server: tuple[str, int] | None = None) -> None:
        self._name, self._guard = name, refusals(api_servers=_places(api_server))
        self._stores: dict[Source, ManyStore] = {}

    def endpoint(self, source: Source, *, role: str) -> Endpoint:
        """How to reach it. Raises `ConfigurationError` naming what is wrong with the Secret."""
        access = Access(password=source.password, ca_pem=source.ca)
        # No queue is called "-": `clients list` shows it as nobody's in particular.
        name = f"giveway:-:{self._name}:{role}"
        found = endpoint_of(source.url, name=name, access=access, guard=self._guard)
        why = why_unusable(found.address, self._guard)
        if why is not None:
            raise ConfigurationError(why)
        return found

    def store(self, source: Source) -> ManyStore:
        """The one store of a source. Raises as `endpoint`."""
        found = self._stores.get(source)
        if found is None:
            found = self._stores[source] = ManyStore(self.endpoint(source, role="operator"))
        return found

    def __contains__(self, source: Source) -> bool:
        """Whether it is open: asked for and kept since."""
        return source in self._stores

    async def keep(self, sources: Collection[Source]) -> None:
        """Close all endpoints but these: a queue has gone, or its Secret has changed."""
        kept = set(sources)
        gone = [self._stores.pop(one) for one in list(self._stores) if one not in kept]
        await asyncio.gather(*(_close(one) for one in gone))

    async def aclose(self) -> None:
        """Close all of them."""
        await self.keep(())


def _places(server: tuple[str, int] | None) -> list[tuple[str, int]]:
    if server is None:
        return []
    host, port = server
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return []  # then no Redis is reached by this name either
    return [(str(place[0]), port) for *_, place in found]


async def _close(store: ManyStore) -> None:
    """In time: a server that does not answer is not waited for."""
    try:
        async with asyncio.timeout(_CLOSING_SECONDS):
            await store.aclose()
    except Exception:  # noqa: BLE001 -- it is on its way out, and so is its connection
        return
