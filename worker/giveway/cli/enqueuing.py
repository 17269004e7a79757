"""What `giveway enqueue` does: reads the arguments strictly, makes the tasks, sends them in chunks.

Everything is checked before the first task is sent: nothing is half done because of a typing error.
"""

import dataclasses
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from giveway.cli.open_queue import OpenQueue, open_queue
from giveway.cli.progress import progress
from giveway.cli.terminal import print_json
from giveway.cli.usage import WrongUsage
from giveway.cli.words import count
from giveway.client.calls import Calls
from giveway.client.ids import new_id
from giveway.client.options import CallOptions
from giveway.client.steps import drive
from giveway.core.codec import NotJson, parse
from giveway.core.defaults import CHUNK_TASKS, DEFAULT_TIER, PAYLOAD_LIMIT
from giveway.core.task import NewTask
from giveway.errors import EnqueueError, GivewayError, PayloadTooLarge, UnknownTier

if TYPE_CHECKING:
    from giveway.app import Giveway


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. `arguments` is the JSON text as it was given."""

    task: str
    arguments: str
    tier: str | None = None
    delay: float | None = None
    id: str | None = None
    count: int = 1


def send(
    wish: Wish, *, app: str | None, queue: str | None, redis_url: str | None, as_json: bool
) -> None:
    """Checks the wish, sends it and prints the id, or how many there are now."""
    if wish.id is not None and wish.count > 1:
        raise WrongUsage("--id names one task: leave out --count")
    if wish.arguments == "-":
        wish = dataclasses.replace(wish, arguments=_typed())
    value = _parsed(wish.arguments)
    if app is not None:
        from giveway.cli.target import find_app

        found = find_app(app)
        task = _checked_task(wish, value, found)
        queue = queue or found.queue
        redis_url = redis_url or found.settings.redis_url
    else:
        task = _unchecked_task(wish, value)
    with open_queue(queue, redis_url) as opened:
        tiers = _tiers(opened, task.tier)
        calls = Calls(opened.queue, tiers, opened.commands, opened.lanes)
        _send_all(opened, calls, task, wish.count)
    _report(opened.queue, task, wish.count, as_json=as_json)


def _typed() -> str:
    # As bytes that stand for themselves: what is not UTF-8 is told by the parser, not by Python.
    return sys.stdin.buffer.read().decode(errors="surrogateescape")


def _parsed(text: str) -> Any:
    try:
        return parse(text.encode(errors="surrogateescape"), what="ARGS-JSON")
    except NotJson as error:
        raise WrongUsage(str(error)) from None


def _checked_task(wish: Wish, value: Any, app: "Giveway") -> NewTask:
    """The task as the app would enqueue it: every argument fits the signature."""
    definition = app.registry.get(wish.task)
    if definition is None:
        known = ", ".join(app.registry.names()) or "no task at all"
        raise WrongUsage(f"{app!r} has no task {wish.task!r}; it has {known}")
    args, kwargs = _positional_and_named(value)
    payload = definition.signature.encode(args, kwargs)
    if wish.tier is not None and wish.tier not in app.tiers:
        raise UnknownTier(f"--tier {wish.tier}: {app!r} has {', '.join(app.tiers)}")
    return _new_task(wish, payload, wish.tier or definition.tier)


def _unchecked_task(wish: Wish, value: Any) -> NewTask:
    if not isinstance(value, dict):
        raise WrongUsage(
            'ARGS-JSON has to be an object, as in {"channel": 3}; '
            "an array of positional arguments needs --app MODULE:APP"
        )
    payload = wish.arguments.strip().encode()
    if len(payload) > PAYLOAD_LIMIT:
        raise PayloadTooLarge(
            f"ARGS-JSON takes {len(payload):,} bytes; at most {PAYLOAD_LIMIT:,} fit"
        )
    return _new_task(wish, payload, wish.tier or DEFAULT_TIER)


def _positional_and_named(value: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(value, list):
        return tuple(value), {}
    if isinstance(value, dict):
        return (), value
    raise WrongUsage(
        'ARGS-JSON has to be an object or an array, as in {"channel": 3} or [10086, 3]'
    )


def _new_task(wish: Wish, payload: bytes, tier: str) -> NewTask:
    options = CallOptions().merged(what="enqueue", tiers=(), delay=wish.delay, id=wish.id)
    return options.new_task(name=wish.task, payload=payload, tier=tier)


def _tiers(opened: OpenQueue, tier: str) -> tuple[str, ...]:
    """The tiers that take new work, or those that a new queue will have."""
    from giveway.store import reads

    control = opened.look(reads.control(opened.keys))
    tiers = control.open if control is not None else opened.settings.tiers
    if tier not in tiers:
        raise UnknownTier(
            f"queue {opened.queue} has no tier {tier!r}: choose --tier from {', '.join(tiers)}"
        )
    return tiers


def _send_all(opened: OpenQueue, calls: Calls, task: NewTask, number: int) -> None:
    sent = 0
    with progress("enqueueing", total=number) as done:
        for chunk in _chunks(task, number):
            try:
                drive(calls.enqueue(chunk), opened.store)
            except GivewayError as error:
                if not sent:
                    raise
                raise EnqueueError(f"{sent:,} of {number:,} tasks were queued: {error}") from None
            sent += len(chunk)
            done(len(chunk))


def _chunks(task: NewTask, number: int) -> Iterator[list[NewTask]]:
    """The task itself first, then equals of it under new ids."""
    yield [task]
    for start in range(1, number, CHUNK_TASKS):
        size = min(CHUNK_TASKS, number - start)
        yield [dataclasses.replace(task, id=new_id()) for _ in range(size)]


def _report(queue: str, task: NewTask, number: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": task.id, "queue": queue, "tier": task.tier, "count": number})
    elif number == 1:
        print(task.id)
    else:
        print(f"{count(number, 'task')} on tier {task.tier} of queue {queue}")
