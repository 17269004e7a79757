"""One queue as the commands see it: its settings, its store, and numbered requests.

Flags win over the environment (`settings.py`). Nothing is connected before the first question.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from giveway.cli.usage import WrongUsage
from giveway.core.keys import QueueKeys
from giveway.errors import GivewayError

if TYPE_CHECKING:
    from giveway.core.task import Request
    from giveway.settings import Settings
    from giveway.store.command import Command, Reading
    from giveway.store.execute import Store

T = TypeVar("T")


class OpenQueue:
    """Made by `open_queue`, which also closes it."""

    def __init__(self, settings: "Settings", store: "Store", queue: str) -> None:
        from giveway.client.lanes import Lanes
        from giveway.store.commands import Commands

        self.queue, self.settings, self.store = queue, settings, store
        self.keys = QueueKeys(queue)
        self.commands = Commands(self.keys)
        self.lanes = Lanes()

    def look(self, reading: "Command[T] | Reading[T]") -> T:
        """Runs what writes nothing."""
        from giveway.store.refusals import Unconfigured

        try:
            return self.store.run(reading)
        except Unconfigured:
            raise self.does_not_exist() from None

    def ask(self, build: "Callable[[Request], Command[T]]") -> T:
        """Runs a verb under a request of its own."""
        with self.lanes.hold() as lane:
            return self.look(build(lane.next()))

    def does_not_exist(self) -> GivewayError:
        """The error of whoever asks a queue that nobody has configured yet."""
        return GivewayError(
            f"queue {self.queue} does not exist yet: the first worker or enqueue makes it, "
            f"or `giveway queue tiers --queue {self.queue} --set high,normal,low`"
        )


@contextmanager
def open_queue(queue: str | None, redis_url: str | None) -> Iterator[OpenQueue]:
    """The queue that flags and environment name; `WrongUsage` if they name none."""
    from giveway.settings import load
    from giveway.store.connect import connect

    settings = load(queue=queue, redis_url=redis_url)
    if settings.queue is None:
        raise WrongUsage("which queue? Name it with --queue or GIVEWAY_QUEUE")
    QueueKeys(settings.queue)  # a bad name is told before anything is connected
    # Who asks for CLIENT LIST wants to know whose this is.
    name = f"giveway:{settings.queue}:{socket.gethostname()}-{os.getpid()}:cli"
    store = connect(settings.redis_url, access=settings.redis_access, name=name)
    try:
        yield OpenQueue(settings, store, settings.queue)
    finally:
        store.close()


def described(value: bytes) -> Any:
    """A payload, result or error as JSON; as text if it is not JSON."""
    import json

    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        return value.decode(errors="replace")
