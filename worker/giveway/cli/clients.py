"""`giveway clients`: whose connections a server holds, and closing those that have gone stale.

What stale means is `core/connection.py`. Closing is looked at twice: a connection that has woken up
since the list was read is left alone. What the operator has closed lately stands in Redis
(`core/closings.py`).
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from giveway.cli.open_queue import OpenQueue, open_queue
from giveway.cli.options import Json, Queue, RedisUrl
from giveway.cli.usage import WrongUsage

if TYPE_CHECKING:
    from rich.table import Table

    from giveway.core.closings import Closing
    from giveway.core.connection import Connection, Stale

app = typer.Typer(
    help="Whose connections the server holds; close those that have gone stale.",
    no_args_is_help=True,
)


@app.command("list")
def list_(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those of other queues, and of other programs.")
    ] = False,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> None:
    """Show the connections of a queue: whose they are, how long they rest, which are stale.

    Below them: what the operator has closed within a day. It closes what is stale by itself where
    the queue's PriorityQueue lets it.

    Needs a Redis user who may use CLIENT LIST; docs/operations.md has one.

    For example:

        giveway clients list --queue packaging
    """
    with open_queue(queue, redis_url) as opened:
        found = [one for one in _connections(opened) if everything or one.queue == opened.queue]
        silences = _silences(opened)
        lately = _closed_lately(opened)
    if as_json:
        from giveway.cli.terminal import print_json

        shown = [_document(one, _why(one, opened, silences)) for one in found]
        print_json({"connections": shown, "closed_lately": [asdict(one) for one in lately]})
    else:
        from giveway.cli.terminal import console

        console().print(_table([(one, _why(one, opened, silences)) for one in found]))
        if lately:
            console().print("closed by the operator:")
            console().print(_closings(lately))


@app.command()
def recycle(
    ids: Annotated[
        list[int] | None,
        typer.Argument(metavar="ID", help="Connections, as `list` shows them.", show_default=False),
    ] = None,
    *,
    stale: Annotated[bool, typer.Option("--stale", help="All that have gone stale.")] = False,
    worker: Annotated[
        str | None,
        typer.Option(metavar="WORKER", help="All of this worker.", show_default=False),
    ] = None,
    at_most: Annotated[
        int, typer.Option(min=1, metavar="N", help="Close no more than so many.")
    ] = 100,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> None:
    """Close connections. Who is still there connects again and loses nothing.

    Only connections of this queue are closed, never those of other programs.

    For example:

        giveway clients recycle --stale --queue packaging

        giveway clients recycle 4711 --queue packaging
    """
    if sum((bool(ids), stale, worker is not None)) != 1:
        raise WrongUsage("say which: connection ids, or --stale, or --worker WORKER")
    with open_queue(queue, redis_url) as opened:
        wanted = _wanted(opened, ids or (), stale=stale, worker=worker)[:at_most]
        closed = [one for one in wanted if _close(opened, one, only_if_stale=stale)]
    if as_json:
        from giveway.cli.terminal import print_json

        print_json({"closed": [{"id": one.id, "worker": one.owner} for one in closed]})
        return
    for one in closed:
        print(f"closed {one.id}: {one.role} of {one.owner}")
    if not closed:
        print("nothing to close")


def _connections(opened: OpenQueue) -> "tuple[Connection, ...]":
    from giveway.store.connections import connections

    return opened.store.run(connections(key=opened.keys.control))


def _closed_lately(opened: OpenQueue) -> "tuple[Closing, ...]":
    from giveway.store.connections import closed_lately

    return opened.store.run(closed_lately(opened.keys))


def _silences(opened: OpenQueue) -> dict[str, float]:
    """For how long each worker has been silent, by the server's clock."""
    from giveway.store import reads

    seconds, micros = opened.store.ask("TIME", key=opened.keys.control)
    now_us = int(seconds) * 1_000_000 + int(micros)
    return {
        worker.incarnation: worker.silent_seconds(now_us)
        for worker in opened.look(reads.workers(opened.keys))
    }


def _wanted(
    opened: OpenQueue, ids: Sequence[int], *, stale: bool, worker: str | None
) -> "list[Connection]":
    from giveway.core import connection as rules

    found = [one for one in _connections(opened) if _is_of(one, opened)]
    if worker is not None:
        wanted = [one for one in found if one.owner == worker]
        if not wanted:
            raise WrongUsage(f"no connection of queue {opened.queue} belongs to worker {worker}")
        return wanted
    if stale:
        silences = _silences(opened)
        return [one for one in found if rules.stale(one, silence_seconds=silences)]
    known = {one.id: one for one in found}
    for id in ids:
        if id not in known:
            raise WrongUsage(
                f"connection {id} is none of queue {opened.queue}; "
                "see `giveway clients list`, other programs are left alone"
            )
    return [known[id] for id in ids]


def _close(opened: OpenQueue, one: "Connection", *, only_if_stale: bool) -> bool:
    """Look again, then close: it may have woken up, or gone, since the list was read."""
    from giveway.core import connection as rules
    from giveway.store.connections import close_connection, connection

    key = opened.keys.control
    now = opened.store.run(connection(one.id, key=key))
    if now is None or now.name != one.name:
        return False
    if only_if_stale and not rules.stale(now, silence_seconds=_silences(opened)):
        return False
    return opened.store.run(close_connection(now, key=key))


def _why(one: "Connection", opened: OpenQueue, silences: dict[str, float]) -> "Stale | None":
    """Why it is stale. Of other queues nobody has asked which workers are alive."""
    from giveway.core import connection as rules

    return rules.stale(one, silence_seconds=silences) if _is_of(one, opened) else None


def _is_of(one: "Connection", opened: OpenQueue) -> bool:
    """Whether it is this queue's; the server lists those of all databases."""
    return one.queue == opened.queue and one.db == opened.store.endpoint.address.db


def _document(one: "Connection", why: "Stale | None") -> dict[str, Any]:
    return {
        "id": one.id,
        "queue": one.queue or None,
        "worker": one.owner or None,
        "role": one.role or None,
        "name": one.name,
        "address": one.address,
        "user": one.user,
        "age_seconds": one.age_seconds,
        "idle_seconds": one.idle_seconds,
        "waits": one.waits,
        "command": one.command,
        "stale": why.value if why else None,
    }


def _table(found: "list[tuple[Connection, Stale | None]]") -> "Table":
    from giveway.cli.terminal import table
    from giveway.cli.words import brief

    rows = []
    found.sort(key=lambda pair: (pair[0].queue, pair[0].owner, pair[0].role, pair[0].id))
    for one, why in found:
        state = "waits for work" if one.waits else one.command
        rows.append(
            (
                str(one.id),
                one.owner or one.name or "(no name)",
                one.role,
                one.address,
                brief(one.age_seconds),
                brief(one.idle_seconds),
                f"stale: {why.value}" if why else state,
            )
        )
    columns = ("id", "worker", "role", "address", "age", "idle", "state")
    return table(*columns, rows=rows, numbers=("id", "age", "idle"))


def _closings(lately: "tuple[Closing, ...]") -> "Table":
    from giveway import clock
    from giveway.cli.terminal import table
    from giveway.cli.words import brief

    rows = [
        (str(one.id), one.worker, one.role, one.address, brief(clock.wall() - one.at), one.why)
        for one in lately
    ]
    columns = ("id", "worker", "role", "address", "ago", "why")
    return table(*columns, rows=rows, numbers=("id", "ago"))
