"""Opens a store for a URL. What the URL may look like: `address`; how it is dialled: `endpoint`."""

from giveway.store import tls
from giveway.store.access import OPEN, Access
from giveway.store.address import parse
from giveway.store.endpoint import SOCKET_TIMEOUT_SECONDS, Endpoint
from giveway.store.execute import AsyncStore, Store
from giveway.store.guarded import Guard


def endpoint_of(
    url: str,
    *,
    name: str,
    access: Access = OPEN,
    timeout_seconds: float = SOCKET_TIMEOUT_SECONDS,
    guard: Guard | None = None,
) -> Endpoint:
    """The endpoint for a URL. Raises `ConfigurationError` naming what is wrong with it."""
    address = parse(url)
    tls.check_settings(address, access)
    return Endpoint(address, name.replace(" ", "-"), access, timeout_seconds, guard)


def connect(
    url: str,
    *,
    name: str,
    access: Access = OPEN,
    timeout_seconds: float = SOCKET_TIMEOUT_SECONDS,
) -> Store:
    """A store for a URL (see `address`). Opens nothing: the first `run` does.

    Args:
        url: redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://.
        name: shown by CLIENT LIST, `giveway:<queue>:<incarnation>:<role>`.
        access: files with the password and for TLS; they win over what the URL says.
        timeout_seconds: how long an answer may take (`endpoint.timeout_within` a lease).

    Raises:
        ConfigurationError: the URL is wrong, or the files do not fit it; the message says where.
    """
    return Store(endpoint_of(url, name=name, access=access, timeout_seconds=timeout_seconds))


def aconnect(
    url: str,
    *,
    name: str,
    access: Access = OPEN,
    timeout_seconds: float = SOCKET_TIMEOUT_SECONDS,
) -> AsyncStore:
    """As `connect`, for asyncio."""
    return AsyncStore(endpoint_of(url, name=name, access=access, timeout_seconds=timeout_seconds))
