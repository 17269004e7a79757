"""One task's record, for people and as JSON: what `status ID` and `task show` print."""

from typing import Any

from giveway.cli.open_queue import OpenQueue, described
from giveway.cli.usage import WrongUsage
from giveway.core.keys import valid_id
from giveway.core.record import TaskRecord
from giveway.core.task import State, TaskId
from giveway.errors import TaskGone


def check_id(text: str) -> TaskId:
    """Raises `WrongUsage` for what cannot be an id."""
    if valid_id(text):
        return TaskId(text)
    raise WrongUsage(f"{text!r} cannot be the id of a task: 1 to 128 of A-Z a-z 0-9 . _ -")


def show_task(opened: OpenQueue, id: str, *, as_json: bool) -> None:
    """Prints the record; `TaskGone` if nothing is known of the id."""
    from giveway.cli.terminal import console, print_json
    from giveway.store import reads

    record = opened.look(reads.task(opened.keys, check_id(id)))
    if record.state is State.GONE:
        raise TaskGone(
            f"nothing is known of {id} on queue {opened.queue}: never there, or not kept"
        )
    if as_json:
        print_json(record_json(record))
        return
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for name, value in _lines(record):
        grid.add_row(Text(name, style="dim"), Text(value))
    console().print(grid)


def record_json(record: TaskRecord) -> dict[str, Any]:
    """What is known, without what does not apply."""
    from giveway.cli.words import iso

    fields = {
        "id": record.id,
        "state": record.state.value,
        "task": record.name,
        "tier": record.tier,
        "args": described(record.payload),
        "enqueued_at": iso(record.enqueued_at_us),
        "due_at": iso(record.due_at_us),
        "settled_at": iso(record.settled_at_us),
        "worker": record.owner or None,
        "fence": record.fence or None,
        "attempts": record.attempts,
        "crashes": record.crashes,
        "losses": record.losses,
        "yields": record.yields,
        "items_done": record.done if record.total else None,
        "items_total": record.total or None,
        "cancel_requested": record.cancel_requested or None,
        "reason": record.reason or None,
        "result": described(record.result),
        "error": described(record.error),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _lines(record: TaskRecord) -> list[tuple[str, str]]:
    import json

    from giveway.cli.words import instant
    from giveway.core.remote_error import decode_error

    known = [("task", record.name), ("id", record.id), ("tier", record.tier)]
    known.append(("state", _state(record)))
    instants = (("enqueued", record.enqueued_at_us), ("due", record.due_at_us))
    known += [
        (name, instant(at)) for name, at in (*instants, ("settled", record.settled_at_us)) if at
    ]
    known.append(("worker", record.owner))
    if record.total:
        known.append(("items", f"{record.done:,} of {record.total:,}"))
    known += [
        (name, str(number) if number else "")
        for name, number in (
            ("failed", record.attempts),
            ("crashed", record.crashes),
            ("lost", record.losses),
            ("gave way", record.yields),
        )
    ]
    if record.payload:
        known.append(("arguments", json.dumps(described(record.payload), ensure_ascii=False)))
    if record.result:
        known.append(("result", json.dumps(described(record.result), ensure_ascii=False)))
    if record.error:
        error = decode_error(record.error)
        known += [("error", str(error)), ("traceback", error.traceback.rstrip())]
    return [(name, value) for name, value in known if value]


def _state(record: TaskRecord) -> str:
    text = record.state.value + (f" ({record.reason})" if record.reason else "")
    return f"{text}, somebody asked to cancel it" if record.cancel_requested else text
