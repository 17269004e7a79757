"""What a task of these tests can be told to do, as text: "sleep:0.1", "hold:gate", "kill" ….

A task that *holds* says so in the journal and goes on when the test creates the file `gate`: so the
test knows where it stands and decides how long.
"""

import asyncio
import ctypes
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from giveway import current_task
from giveway.errors import Interrupt
from tests.integration.worker.journal import Journal

FOLDER = Path(os.environ.get("GIVEWAY_TEST_FOLDER", "/nonexistent"))
_LONGEST = 60.0  # a gate that nobody opens
_hoarded: list[bytes] = []


def note(what: str, *, n: int = -1, **more: object) -> None:
    """A line in the journal about the task that runs here."""
    task = current_task()
    about = (task.id, task.fence) if task else ("", 0)
    Journal(FOLDER).note(what, id=about[0], fence=about[1], n=n, **more)


def act(do: str) -> None:
    """Do as told."""
    verb, _, argument = do.partition(":")
    ACTS[verb](argument)


async def aact(do: str) -> None:
    """The same in a coroutine: what waits, waits on the loop."""
    verb, _, argument = do.partition(":")
    if verb == "sleep":
        await asyncio.sleep(float(argument))
    elif verb == "hold":
        note("holds", gate=argument)
        deadline = time.monotonic() + _LONGEST
        while not (FOLDER / argument).exists() and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    else:
        act(do)


def once(name: str) -> bool:
    """True for the first who asks, over all processes."""
    try:
        os.close(os.open(FOLDER / name, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def hold(gate: str) -> None:
    """Wait for the test; Python code, so it can be interrupted."""
    note("holds", gate=gate)
    deadline = time.monotonic() + _LONGEST
    while not (FOLDER / gate).exists() and time.monotonic() < deadline:
        time.sleep(0.002)


def beat(gate: str) -> None:
    """As `hold`, with a line in the journal for every hundredth of a second of it."""
    note("holds", gate=gate)
    deadline = time.monotonic() + _LONGEST
    while not (FOLDER / gate).exists() and time.monotonic() < deadline:
        note("beat")
        time.sleep(0.01)


def stubborn(gate: str) -> None:
    """As `beat`, and deaf to whoever asks it to stop."""
    while not (FOLDER / gate).exists():
        with suppress(Interrupt):
            beat(gate)


def hold_gil(seconds: str) -> None:
    """One C call that gives the interpreter to nobody, neither threads nor signal handlers."""
    # PyDLL, unlike CDLL, keeps the GIL while the function runs.
    ctypes.PyDLL(None).usleep(int(float(seconds) * 1e6))


def spin(seconds: str) -> None:
    """Busy in Python."""
    deadline = time.monotonic() + float(seconds)
    while time.monotonic() < deadline:
        pass


def hoard(mebibytes: str) -> None:
    """Keeps so much memory, and uses all of it."""
    _hoarded.append(b"x" * (int(mebibytes) << 20))


def deaf(seconds: str) -> None:
    """Catches whatever it is told, as a careless retry does."""
    deadline = time.monotonic() + float(seconds)
    while time.monotonic() < deadline:
        with suppress(Exception):
            time.sleep(0.01)


def fail(text: str) -> None:
    raise ValueError(text)


def kill(_: str = "") -> None:
    note("kills")
    os.kill(os.getpid(), signal.SIGKILL)


def leave(code: str) -> None:
    note("leaves")
    os._exit(int(code))


ACTS: dict[str, Callable[[str], None]] = {
    "": lambda _: None,
    "sleep": lambda seconds: time.sleep(float(seconds)),
    "spin": spin,
    "gil": hold_gil,
    "deaf": deaf,
    "hoard": hoard,
    "hold": hold,
    "beat": beat,
    "stubborn": stubborn,
    "raise": fail,
    "hang-once": lambda name: hold("never") if once(name) else None,
    "raise-once": lambda name: fail(name) if once(name) else None,
    "raise-twice": lambda name: fail(name) if once(name) or once(f"{name}-2") else None,
    "kill": kill,
    "kill-once": lambda name: kill() if once(name) else None,
    "leave": leave,
    "exit": lambda code: (_ for _ in ()).throw(SystemExit(int(code))),
}
