"""Opens a store for a URL. What the URL may look like: `address`; how it is dialled: `endpoint`."""

from pathlib import Path

from giveway.store.address import parse
from giveway.store.endpoint import Endpoint
from giveway.store.execute import AsyncStore, Store


def endpoint_of(url: str, *, name: str, password_file: Path | None = None) -> Endpoint:
    """The endpoint for a URL. Raises `ConfigurationError` naming what is wrong with it."""
    return Endpoint(address=parse(url), name=name.replace(" ", "-"), password_file=password_file)


def connect(url: str, *, name: str, password_file: Path | None = None) -> Store:
    """A store for a URL (see `address`). Opens nothing: the first `run` does.

    Args:
        url: redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://.
        name: shown by CLIENT LIST, `giveway:<queue>:<incarnation>:<role>`.
        password_file: read at every connect; wins over a password in the URL.

    Raises:
        ConfigurationError: the URL is wrong; the message says where.
    """
    return Store(endpoint_of(url, name=name, password_file=password_file))


def aconnect(url: str, *, name: str, password_file: Path | None = None) -> AsyncStore:
    """As `connect`, for asyncio."""
    return AsyncStore(endpoint_of(url, name=name, password_file=password_file))
