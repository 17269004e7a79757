"""`giveway status`: how a queue is, or with an id how a task is."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from giveway.cli.open_queue import OpenQueue, open_queue
from giveway.cli.options import Json, Queue, RedisUrl

if TYPE_CHECKING:
    from giveway.core.record import Snapshot, TierSnapshot

_COUNTERS = ("enqueued", "done", "retried", "dead", "preempted", "yielded", "recovered")


def status(
    id: Annotated[
        str | None,
        typer.Argument(
            metavar="ID", help="A task; without it the whole queue.", show_default=False
        ),
    ] = None,
    *,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> None:
    """Show a queue, or one task.

    For example:

        giveway status --queue packaging

        giveway status --queue packaging --json | jq '.tiers[] | select(.depth > 0)'

        giveway status --queue packaging nightly-10086
    """
    with open_queue(queue, redis_url) as opened:
        if id is not None:
            from giveway.cli.record import show_task

            show_task(opened, id, as_json=as_json)
            return
        _show_queue(opened, as_json=as_json)


def _show_queue(opened: OpenQueue, *, as_json: bool) -> None:
    from giveway.cli.terminal import console, print_json
    from giveway.cli.workers import workers_json, workers_table
    from giveway.store import reads

    snapshot = opened.look(opened.commands.stats())
    workers = opened.look(reads.workers(opened.keys))
    now_us = snapshot.server_time_us
    if as_json:
        print_json(_as_json(opened.queue, snapshot) | workers_json(workers, now_us=now_us))
        return
    screen = console()
    screen.print(_heading(opened.queue, snapshot))
    screen.print(_tiers(snapshot))
    screen.print(_counters(snapshot))
    if workers:
        screen.print(workers_table(workers, now_us=now_us))
    for key in snapshot.parked:
        screen.print(f"[red]{key} holds a wrong type: its tier is left out until that is mended[/]")


def _heading(queue: str, snapshot: "Snapshot") -> str:
    from rich.markup import escape

    from giveway.cli.words import duration

    parts = [f"[bold]{escape(queue)}[/]"]
    parts.append(f"[red]{snapshot.dead:,} dead[/]" if snapshot.dead else "none dead")
    if snapshot.next_due_us is not None:
        parts.append(f"next delayed task in {duration(snapshot.next_due_us / 1e6)}")
    return " · ".join(parts)


def _tiers(snapshot: "Snapshot") -> Any:
    from giveway.cli.terminal import table
    from giveway.cli.words import duration

    columns = ("tier", "waiting", "oldest", "in flight", "suspended", "delayed", "state")
    rows = [
        (
            tier.name,
            f"{tier.depth:,}",
            duration(tier.oldest_seconds) if tier.depth else "-",
            f"{tier.inflight:,}",
            f"{tier.suspended:,}",
            f"{tier.delayed:,}",
            _state(tier),
        )
        for tier in snapshot.tiers
    ]
    return table(*columns, rows=rows, numbers=columns[1:-1])


def _counters(snapshot: "Snapshot") -> Any:
    from giveway.cli.terminal import table

    columns = ("totals", *_COUNTERS)
    rows = [
        (tier.name, *(f"{tier.counters.get(name, 0):,}" for name in _COUNTERS))
        for tier in snapshot.tiers
    ]
    return table(*columns, rows=rows, numbers=_COUNTERS)


def _state(tier: "TierSnapshot") -> str:
    return "paused" if tier.paused else "open" if tier.open else "draining"


def _as_json(queue: str, snapshot: "Snapshot") -> dict[str, Any]:
    return {
        "queue": queue,
        "dead": snapshot.dead,
        "next_due_seconds": None if snapshot.next_due_us is None else snapshot.next_due_us / 1e6,
        "parked": list(snapshot.parked),
        "tiers": [
            {
                "name": tier.name,
                "state": _state(tier),
                "depth": tier.depth,
                "oldest_seconds": tier.oldest_seconds,
                "in_flight": tier.inflight,
                "suspended": tier.suspended,
                "running_batches": tier.running_batches,
                "delayed": tier.delayed,
                "due": tier.due,
                "counters": tier.counters,
            }
            for tier in snapshot.tiers
        ],
    }
