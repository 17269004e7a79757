"""What Redis really did, in the order in which it did it: its append-only file, read to the end.

Every write of every script stands in it as it took effect, and the writes of one script stand
between MULTI and EXEC. Redis comes back from this file after kill -9, so it is the one history that
knows what was kept: a write that was acknowledged but is not here was lost by Redis itself.

The file must never have been rewritten (`stage.py` sees to it): then its base is empty.
"""

from collections.abc import Iterator
from pathlib import Path

import hiredis

Command = list[bytes]
_CHUNK = 1 << 20


def transactions(folder: Path) -> Iterator[list[Command]]:
    """The writes of one script, or one command, after the other."""
    together: list[Command] | None = None
    for command in _commands(folder):
        verb = command[0].upper()
        if verb == b"MULTI":
            together = []
        elif verb == b"EXEC":
            assert together is not None
            yield together
            together = None
        elif verb == b"SELECT":
            continue
        elif together is not None:
            together.append(command)
        else:
            yield [command]


def mentions(folder: Path, id: str) -> Iterator[str]:
    """Everything that was done to one task, as text."""
    needle = id.encode()
    for number, writes in enumerate(transactions(folder)):
        for command in writes:
            if any(_names(word, needle) for word in command):
                words = [word.decode(errors="replace")[:80] for word in command]
                yield f"#{number}: {' '.join(words)[:400]}"


def _names(word: bytes, id: bytes) -> bool:
    return word == id or word.endswith(b":" + id) or word.startswith(id + b" ")


def _commands(folder: Path) -> Iterator[Command]:
    for path in _files(folder):
        reader = hiredis.Reader()
        with path.open("rb") as file:
            while data := file.read(_CHUNK):
                reader.feed(data)
                while (command := reader.gets()) is not False:
                    yield command


def _files(folder: Path) -> list[Path]:
    """As the manifest says; the base must hold nothing."""
    data = folder / "appendonlydir"
    (manifest,) = data.glob("*.manifest")
    found = []
    for line in manifest.read_text().splitlines():
        _, name, _, _, _, kind = line.split()[:6]
        if kind == "i":
            found.append(data / name)
        elif kind == "b":
            size = (data / name).stat().st_size
            assert size < 200, f"{name} has {size} bytes: the history was rewritten"
    return found
