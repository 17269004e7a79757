"""Waiting for a cluster, which does nothing within milliseconds and shares the machine with us."""

import time
from collections.abc import Callable
from typing import TypeVar

from tests.kubernetes.story.scene import CEILING_SECONDS

T = TypeVar("T")
_LOOK_SECONDS = 0.2


def wait_for(ask: Callable[[], T], *, what: str, within: float = CEILING_SECONDS) -> T:
    """The first answer of `ask` that is true."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within:g} s for {what}; the last answer was {answer!r}")
        time.sleep(_LOOK_SECONDS)
    return answer
