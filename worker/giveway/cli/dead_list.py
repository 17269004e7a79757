"""Draws the dead tasks of a queue."""

from giveway.cli.open_queue import OpenQueue
from giveway.cli.record import record_json
from giveway.cli.terminal import console, print_json, table
from giveway.cli.words import count, instant
from giveway.core.record import TaskRecord
from giveway.core.remote_error import decode_error
from giveway.store import reads

_NARROW = 120  # below that tier and time are left to `giveway task show`
_COLUMNS = ("id", "task", "tier", "why", "error", "died")
_FEW_COLUMNS = ("id", "task", "why", "error")
_ERROR_LENGTH = 60


def show_dead(opened: OpenQueue, *, limit: int, as_json: bool) -> None:
    """Prints up to `limit` of them, the one that died last first."""
    total = opened.look(reads.dead_count(opened.keys))
    if not total and opened.look(reads.control(opened.keys)) is None:
        # A misspelt queue has no dead tasks either; who asks at night would go back to bed.
        raise opened.does_not_exist()
    page = opened.look(reads.dead_page(opened.keys, 0, limit))
    records = opened.look(reads.tasks(opened.keys, [id for id, _ in page]))
    if as_json:
        print_json({"dead": total, "tasks": [record_json(record) for record in records]})
        return
    screen = console()
    screen.print(f"[bold]{count(total, 'dead task')}[/]" if total else "no dead tasks")
    if records:
        columns = _FEW_COLUMNS if screen.width < _NARROW else _COLUMNS
        rows = [
            [cells[column] for column in columns]
            for cells in (
                _cells(record, at_us) for record, (_, at_us) in zip(records, page, strict=True)
            )
        ]
        screen.print(table(*columns, rows=rows))


def _cells(record: TaskRecord, died_us: int) -> dict[str, str]:
    return {
        "id": record.id,
        "task": record.name,
        "tier": record.tier,
        "why": record.reason,
        "error": _error(record),
        "died": instant(died_us),
    }


def _error(record: TaskRecord) -> str:
    """What fits into a line; the whole of it is shown by `giveway task show`."""
    error = str(decode_error(record.error)) if record.error else ""
    words = " ".join(error.removeprefix("giveway.errors.").split())
    return words if len(words) <= _ERROR_LENGTH else f"{words[: _ERROR_LENGTH - 1]}…"
