"""URLs of Redis, taken apart. Pure: nothing is resolved or opened here.

    redis://[user[:password]@]host[:port][/db]      rediss:// for TLS
    unix://[user[:password]@]/path/to/socket[?db=0]
    redis+sentinel://[…@]host:port,host:port/master[/db]     rediss+sentinel://
    redis+cluster://[…@]host:port,host:port                  rediss+cluster://

With TLS, `?ssl_ca_certs=`, `?ssl_certfile=` and `?ssl_keyfile=` name files; the host name is always
checked. Anything else in the URL is an error that names it: a setting that is silently ignored is
found at three in the morning.

Invariant: no message made here contains the password.
"""

from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from giveway.errors import ConfigurationError

REDIS_PORT = 6379
SENTINEL_PORT = 26379
TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


class Kind(Enum):
    """How the server is found."""

    SINGLE = "single"
    UNIX = "unix"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


_SCHEMES = {
    "redis": (Kind.SINGLE, False),
    "rediss": (Kind.SINGLE, True),
    "unix": (Kind.UNIX, False),
    "redis+sentinel": (Kind.SENTINEL, False),
    "rediss+sentinel": (Kind.SENTINEL, True),
    "redis+cluster": (Kind.CLUSTER, False),
    "rediss+cluster": (Kind.CLUSTER, True),
}


@dataclass(frozen=True, slots=True)
class Address:
    """A Redis URL, checked. `nodes`: the server, the Sentinels or some nodes of the cluster."""

    kind: Kind
    nodes: tuple[tuple[str, int], ...] = ()
    path: str = ""
    master: str = ""
    db: int = 0
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    tls_files: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Where it is, for messages: never with a credential."""
        if self.kind is Kind.UNIX:
            return self.path
        places = ",".join(f"{host}:{port}" for host, port in self.nodes)
        return f"{self.master} at Sentinel {places}" if self.master else places


def parse(url: str) -> Address:
    """Takes a URL apart. Raises `ConfigurationError` naming what is wrong with it."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        why = "" if "@" in str(error) else f" ({error})"
        raise _wrong(f"is not a URL{why}") from None
    if parts.scheme not in _SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in _SCHEMES)
        begin = f"begins with {parts.scheme!r}" if parts.scheme else "has no scheme"
        raise _wrong(f"{begin}: use one of {known}")
    if parts.fragment:
        raise _wrong("contains a '#': write it as %23 in a password")
    kind, tls = _SCHEMES[parts.scheme]
    if kind is not Kind.UNIX and "@" in f"{parts.path}{parts.query}":
        # What follows would be taken for a host or a database, and a message would show it.
        raise _wrong("contains a '/' or '?' before an '@': write %2F or %3F in a password")
    query = _query(parts, tls=tls, unix=kind is Kind.UNIX)
    credentials, _, places = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    master, db = _path(kind, parts.path, query)
    return Address(
        kind=kind,
        nodes=() if kind is Kind.UNIX else _nodes(places, kind),
        path=unquote(parts.path) if kind is Kind.UNIX else "",
        master=master,
        db=db,
        username=unquote(username) or None,
        password=unquote(password) or None,
        tls=tls,
        tls_files=tuple((name, query[name]) for name in TLS_FILES if name in query),
    )


def _wrong(what: str) -> ConfigurationError:
    return ConfigurationError(f"the Redis URL {what}")


def _query(parts: SplitResult, *, tls: bool, unix: bool) -> dict[str, str]:
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    allowed = (*(TLS_FILES if tls else ()), *(("db",) if unix else ()))
    for name in query:
        if name not in allowed:
            takes = f"takes only {', '.join(allowed)}" if allowed else "takes none"
            raise _wrong(f"has a parameter {name!r}: {parts.scheme}:// {takes}")
    return query


def _nodes(places: str, kind: Kind) -> tuple[tuple[str, int], ...]:
    default = SENTINEL_PORT if kind is Kind.SENTINEL else REDIS_PORT
    nodes = tuple(_node(place, default) for place in places.split(","))
    if kind is Kind.SINGLE and len(nodes) > 1:
        raise _wrong("names several hosts: use redis+sentinel:// or redis+cluster://")
    return nodes


def _node(place: str, default: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _wrong(f"has a port that is no number from 1 to 65535 in {place!r}") from None
    if not host:
        raise _wrong("names no host: write redis://host:6379/0")
    if port == 0:
        raise _wrong(f"has port 0 in {place!r}: use 1 to 65535")
    return host, port or default


def _path(kind: Kind, path: str, query: dict[str, str]) -> tuple[str, int]:
    if kind is Kind.UNIX:
        if path in {"", "/"}:
            raise _wrong("names no socket: write unix:///path/to/redis.sock")
        return "", _db(query.get("db", "0"))
    parts = [part for part in path.split("/") if part]
    if kind is Kind.CLUSTER:
        if parts and parts != ["0"]:
            raise _wrong(f"names database {parts[0]!r}: a cluster has only database 0")
        return "", 0
    if kind is Kind.SENTINEL:
        if not parts:
            raise _wrong("names no master: write redis+sentinel://host:26379/mymaster")
        return unquote(parts[0]), _last_db(parts[1:])
    return "", _last_db(parts)


def _last_db(parts: list[str]) -> int:
    if len(parts) > 1:
        raise _wrong(f"has a path that is too long: {'/'.join(parts)!r}")
    return _db(parts[0] if parts else "0")


def _db(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    raise _wrong(f"names database {text!r}: use a number, for example 0")
