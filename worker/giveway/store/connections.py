"""The connections of a server, listed and closed. Needs a user who may do that (`operator`)."""

from giveway.core.connection import Connection, read_connection
from giveway.store.execute import Store


def connections(store: Store, *, key: str) -> tuple[Connection, ...]:
    """All connections of the server that holds `key`, also those that are not ours.

    Raises `StoreError`, also for a user who may not ask.
    """
    return _read(store.ask("CLIENT", "LIST", key=key))


def connection(store: Store, id: int, *, key: str) -> Connection | None:
    """This connection as it is now; None if it has gone."""
    found = _read(store.ask("CLIENT", "LIST", "ID", str(id), key=key))
    return found[0] if found else None


def close_connection(store: Store, id: int, *, key: str) -> bool:
    """Close it by its id, which is never used again; an address may be. False if it has gone."""
    return int(store.ask("CLIENT", "KILL", "ID", str(id), key=key)) > 0


def _read(reply: bytes | str) -> tuple[Connection, ...]:
    text = reply.decode() if isinstance(reply, bytes) else reply
    return tuple(read_connection(line) for line in text.splitlines() if line)
