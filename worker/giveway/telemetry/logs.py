"""Where the lines go: what a worker does to Python's `logging`, all of it.

1. Every record made in this process carries the task that made it (`giveway_id`, `giveway_task`,
   `giveway_tier`, `giveway_attempt`, `giveway_fence`), for formatters of anybody's own. It is
   written when the record is made, by the thread or coroutine that logs: a handler that passes
   records on to another thread would ask too late.
2. If the app has given the root logger handlers and `GIVEWAY_LOG` says nothing, they are left as
   they are and get Giveway's events too. That is all then.
3. Otherwise one handler writes to standard error. Handlers of the app's own stay, except those
   that write to the same terminal: every line would stand there twice.

Whatever `dictConfig` did to loggers that existed already, Giveway's own is heard.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal

from giveway.telemetry.events import LOGGER, Subject, bind
from giveway.telemetry.lines import JsonLines, TextLines

Style = Literal["text", "json"]


def configure(
    style: Style | None,
    level: str,
    *,
    running: Callable[[], Subject | None],
    constants: Mapping[str, object],
    descriptor: int = 2,
) -> None:
    """Set up `logging` for this process and those it forks.

    Parameters:
        style: None leaves the choice to the app, if it has made one, and else means "text".
        level: the least level that is written.
        running: the task that the calling code belongs to.
        constants: what stands in every line of JSON.
    """
    _bind_all(running)
    LOGGER.disabled = False
    root = logging.getLogger()
    if style is None and root.handlers:
        if LOGGER.level == logging.NOTSET:
            LOGGER.setLevel(level)
        return
    for handler in list(root.handlers):
        if _writes_to_the_terminal(handler):
            root.removeHandler(handler)
    ours = _Lines(descriptor)
    ours.setFormatter(
        JsonLines(constants) if style == "json" else TextLines(colour=_coloured(descriptor))
    )
    ours.setLevel(level)
    # Not above what the app's own handlers have heard so far.
    root.setLevel(min(ours.level, root.level) if root.handlers else ours.level)
    root.addHandler(ours)


class _Lines(logging.Handler):
    """A line is one write: up to 4 KiB those of several processes do not run into each other.

    To the descriptor and not to `sys.stderr`, which belongs to the tasks: they may redirect it.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def handle(self, record: logging.LogRecord) -> bool:
        """Without the lock of other handlers: a write needs none.

        A task may be interrupted while it logs (`runtime/lease.py`); a lock that it left closed
        would hold up every other task of its process.
        """
        kept: object = self.filter(record)
        if kept:
            # From Python 3.12 on a filter may answer with another record.
            self.emit(kept if isinstance(kept, logging.LogRecord) else record)
        return bool(kept)

    def emit(self, record: logging.LogRecord) -> None:
        data = memoryview((self.format(record) + "\n").encode(errors="backslashreplace"))
        with suppress(OSError):  # nobody reads any more: no reason to fail a task
            while data:
                data = data[os.write(self._descriptor, data) :]


def _bind_all(running: Callable[[], Subject | None]) -> None:
    make = logging.getLogRecordFactory()

    def with_its_task(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        bind(record, running())
        return record

    logging.setLogRecordFactory(with_its_task)


def _writes_to_the_terminal(handler: logging.Handler) -> bool:
    streams = (sys.stderr, sys.stdout, sys.__stderr__, sys.__stdout__)
    return isinstance(handler, logging.StreamHandler) and handler.stream in streams


def _coloured(descriptor: int) -> bool:
    return os.isatty(descriptor) and "NO_COLOR" not in os.environ
