"""Draws the dead tasks of a queue."""

from giveway.cli.open_queue import OpenQueue
from giveway.cli.record import record_json
from giveway.cli.terminal import console, print_json, table
from giveway.cli.words import count, instant
from giveway.core.record import TaskRecord
from giveway.core.remote_error import decode_error
from giveway.store import reads


def show_dead(opened: OpenQueue, *, limit: int, as_json: bool) -> None:
    """Prints up to `limit` of them, the one that died last first."""
    total = opened.look(reads.dead_count(opened.keys))
    page = opened.look(reads.dead_page(opened.keys, 0, limit))
    records = opened.look(reads.tasks(opened.keys, [id for id, _ in page]))
    if as_json:
        print_json({"dead": total, "tasks": [record_json(record) for record in records]})
        return
    screen = console()
    screen.print(f"[bold]{count(total, 'dead task')}[/]" if total else "no dead tasks")
    if records:
        rows = [
            (*_row(record), instant(at_us))
            for record, (_, at_us) in zip(records, page, strict=True)
        ]
        screen.print(table("id", "task", "tier", "why", "error", "died", rows=rows))


def _row(record: TaskRecord) -> tuple[str, ...]:
    error = str(decode_error(record.error)) if record.error else ""
    return (record.id, record.name, record.tier, record.reason, " ".join(error.split())[:60])
