"""Items that a batch left out (`on_item_error="skip"`): shown, or run again without the rest."""

from typing import TypeVar

from giveway.cli.open_queue import OpenQueue
from giveway.cli.record import check_id
from giveway.cli.terminal import print_json
from giveway.cli.words import count
from giveway.client.calls import Calls
from giveway.client.steps import Steps, drive
from giveway.core.replay import DeadItem

T = TypeVar("T")


def show_items(opened: OpenQueue, id: str, *, as_json: bool) -> None:
    """One line for each, in the order in which they failed."""
    items = _run(opened, _calls(opened).dead_items(check_id(id)))
    if as_json:
        print_json([_document(item) for item in items])
        return
    for item in items:
        print(f"{item.item}  {item.error}")
    if not items:
        print(f"{id} has no dead items")


def retry_items(opened: OpenQueue, id: str, *, as_json: bool) -> None:
    """Enqueue them as tasks of their own; says which."""
    found = check_id(id)
    items = _run(opened, _calls(opened).dead_items(found))
    replays = _run(opened, _calls(opened).replay_dead_items(found))
    if as_json:
        print_json({"items": len(items), "tasks": list(replays)})
    elif replays:
        print(f"{count(len(items), 'item')} of {id} run again as {', '.join(replays)}")
    else:
        print(f"{id} has no dead items")


def _calls(opened: OpenQueue) -> Calls:
    return Calls(opened.queue, (), opened.commands, opened.lanes)


def _run(opened: OpenQueue, steps: Steps[T]) -> T:
    return drive(steps, opened.store)


def _document(item: DeadItem) -> dict[str, str]:
    return {"item": item.item, "error": item.error.type, "message": item.error.message}
