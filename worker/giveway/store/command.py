"""A command: what is sent and how its reply is read, built once and run by any executor.

A `Command` is one script call; a `Reading` is a pipeline of plain reads; an `Inquiry` is about the
server rather than about a queue. All carry their own `decode`, so that the sync store, the async
store and the claim line are three ways to run the same thing. Sending the same `Command` object
again is the retry of a request.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from giveway.store.loader import Script

T = TypeVar("T")
Wire = str | bytes | int


@dataclass(frozen=True, slots=True)
class Command(Generic[T]):
    """One call of a script."""

    script: Script
    keys: tuple[str, ...]
    args: Sequence[Wire]
    decode: Callable[[Any], T] = field(repr=False)

    @property
    def evalsha(self) -> list[Wire]:
        return ["EVALSHA", self.script.sha, len(self.keys), *self.keys, *self.args]

    @property
    def eval(self) -> list[Wire]:
        """The call that also teaches the script to a server which has forgotten it."""
        return ["EVAL", self.script.text, len(self.keys), *self.keys, *self.args]


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """Plain reads in one pipeline; `decode` gets the list of replies."""

    calls: Sequence[tuple[Wire, ...]]
    decode: Callable[[list[Any]], T] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Inquiry(Generic[T]):
    """One plain command for the server that holds `key`, such as CLIENT LIST; safe to repeat."""

    words: tuple[Wire, ...]
    key: str
    decode: Callable[[Any], T] = field(repr=False)
