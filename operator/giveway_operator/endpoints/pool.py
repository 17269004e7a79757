"""One place for all endpoints: equal sources share one, and what nobody uses any more is closed."""

from collections.abc import Collection

from giveway_operator.endpoints.source import Source


class Endpoints:
    """All Redis servers of this operator.

    `name`: this operator's pod, for CLIENT LIST. `api_server`: host and port of the API server,
    which no Redis URL may lead to.
    """

    def __init__(self, *, name: str, api_server: tuple[str, int] | None = None) -> None:
        self.name, self.api_server = name, api_server

    async def keep(self, sources: Collection[Source]) -> None:
        """Close all endpoints but these: a queue has gone, or its Secret has changed."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close all of them."""
        raise NotImplementedError
