"""Which command is which on its way through the proxy."""

from collections.abc import Callable
from urllib.parse import urlsplit

from giveway.store.loader import load
from tests.proxy import Proxy

Predicate = Callable[[list[bytes]], bool]


def proxy_to(url: str) -> Proxy:
    """In front of the server at `url`; not started yet."""
    address = urlsplit(url)
    assert address.hostname is not None
    assert address.port is not None
    return Proxy(address.hostname, address.port)


def arguments(command: list[bytes]) -> list[bytes]:
    """ARGV of an EVALSHA."""
    return command[3 + int(command[2]) :]


def verb(name: str) -> Predicate:
    """Any call of this verb."""
    sha = load(name).sha.encode()
    return lambda command: len(command) > 1 and command[:2] == [b"EVALSHA", sha]


def settling(command: list[bytes]) -> bool:
    """A `settle_claim` that reports something."""
    return verb("settle_claim")(command) and int(arguments(command)[3]) > 0


def claiming(command: list[bytes]) -> bool:
    """A `settle_claim` that only claims."""
    return verb("settle_claim")(command) and int(arguments(command)[3]) == 0
