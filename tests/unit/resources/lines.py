"""Connections to nowhere, who makes them, and what a task does with one."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from giveway import Resource


@dataclass(eq=False)
class Line:
    """A connection to nowhere that knows what was done to it."""

    number: int
    broken: bool = False
    done: list[str] = field(default_factory=list)

    def ask(self) -> None:
        self.done.append("ask")
        if self.broken:
            raise ConnectionResetError("server closed the line\nunexpectedly")

    def rollback(self) -> None:
        self.done.append("rollback")
        if self.broken:
            raise ConnectionResetError("gone")

    def close(self) -> None:
        self.done.append("close")

    @property
    def closed(self) -> bool:
        return "close" in self.done


class Exchange:
    """Makes lines, and keeps all it ever made."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.down = False

    def __call__(self) -> Line:
        if self.down:
            raise ConnectionRefusedError("nobody listens on 5432")
        self.lines.append(Line(len(self.lines)))
        return self.lines[-1]

    async def aline(self) -> Line:
        await asyncio.sleep(0)
        return self()


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


Make = Callable[..., Resource[Line]]


def number(db: Resource[Line]) -> int:
    with db() as line:
        return line.number


def fails_in(db: Resource[Line], error: BaseException) -> None:
    with pytest.raises(type(error)), db():
        raise error


@contextlib.contextmanager
def elsewhere(db: Resource[Line], seen: list[Line] | None = None) -> Any:
    """Another thread is inside a block of its own."""
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with db() as line:
            if seen is not None:
                seen.append(line)
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(10)
    yield
    leave.set()
    thread.join(10)
