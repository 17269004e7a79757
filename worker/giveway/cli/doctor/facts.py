"""What `giveway doctor` looks at: a server, and a queue on it. Reads only; nothing is changed.

What this user may not ask is not asked again: the fact is None, and the finding says so. Managed
servers forbid CONFIG to everybody, and are none the worse for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from giveway import clock
from giveway.errors import StoreError

if TYPE_CHECKING:
    from giveway.cli.open_queue import OpenQueue
    from giveway.core.connection import Connection
    from giveway.core.record import Snapshot
    from giveway.store.reads import WorkerRecord

T = TypeVar("T")
PINGS = 50
SETTINGS = (
    "appendfsync",
    "hash-max-listpack-value",
    "maxclients",
    "maxmemory-policy",
    "save",
    "tcp-keepalive",
    "timeout",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """`skew_seconds`: the server's clock minus ours. `round_trips`: seconds each, sorted."""

    info: Mapping[str, Any]
    round_trips: tuple[float, ...]
    skew_seconds: float
    user: str | None = None
    settings: Mapping[str, str] | None = None
    connections: "tuple[Connection, ...] | None" = None
    queue: str = ""
    snapshot: "Snapshot | None" = None
    workers: "tuple[WorkerRecord, ...]" = ()

    @property
    def silences(self) -> dict[str, float]:
        """Seconds since each worker was last heard of, by the server's clock."""
        now = self.snapshot.server_time_us if self.snapshot else 0
        return {one.incarnation: one.silent_seconds(now) for one in self.workers}


def gather(opened: "OpenQueue") -> Facts:
    """Raises `StoreError` if the server cannot be reached or let in at all."""
    from giveway.store import reads

    ask, key = opened.store.ask, opened.keys.control
    ask("PING", key=key)  # the first one pays for the connection
    round_trips = tuple(sorted(_timed(lambda: ask("PING", key=key)) for _ in range(PINGS)))
    snapshot = _snapshot(opened)
    return Facts(
        info=_allowed(lambda: opened.store.info("everything", key=key)) or {},
        round_trips=round_trips,
        skew_seconds=_skew(opened),
        user=_allowed(lambda: _text(ask("ACL", "WHOAMI", key=key))),
        settings=_allowed(lambda: _settings(opened)),
        connections=_allowed(lambda: _connections(opened)),
        queue=opened.queue,
        snapshot=snapshot,
        workers=opened.look(reads.workers(opened.keys)) if snapshot else (),
    )


def _allowed(question: Callable[[], T]) -> T | None:
    """None where this user, or this server, does not answer that question."""
    try:
        return question()
    except StoreError:
        return None


def _snapshot(opened: "OpenQueue") -> "Snapshot | None":
    from giveway.store.refusals import Unconfigured

    try:
        return opened.store.run(opened.commands.stats())
    except Unconfigured:
        return None


def _timed(call: Callable[[], object]) -> float:
    began = clock.monotonic()
    call()
    return clock.monotonic() - began


def _skew(opened: "OpenQueue") -> float:
    """Half a round trip is the error of it."""
    before = clock.wall()
    seconds, micros = opened.store.ask("TIME", key=opened.keys.control)
    return float(seconds) + float(micros) / 1e6 - (before + clock.wall()) / 2


def _settings(opened: "OpenQueue") -> dict[str, str]:
    found: dict[str, str] = {}
    for name in SETTINGS:  # one at a time: Redis 7 takes many, Valkey's older clones do not
        reply = opened.store.ask("CONFIG", "GET", name, key=opened.keys.control)
        words = [
            _text(word) for word in (sum(reply.items(), ()) if isinstance(reply, dict) else reply)
        ]
        found.update(zip(words[::2], words[1::2], strict=True))
    return found


def _connections(opened: "OpenQueue") -> "tuple[Connection, ...]":
    from giveway.store.connections import connections

    db = opened.store.endpoint.address.db  # the list is the whole server's
    found = opened.store.run(connections(key=opened.keys.control))
    return tuple(one for one in found if one.queue != opened.queue or one.db == db)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
