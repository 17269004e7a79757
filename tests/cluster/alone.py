"""One at a time on this machine, and who waits says for what."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(folder: Path, *, what: str, say: Callable[[str], None]) -> Iterator[None]:
    """Nobody else is in this folder's block. The lock goes with its process, however that ends.

    `what`: what another run does there, for whoever waits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another run is {what}: waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
