"""Built images in the user's cache: one archive for each fingerprint of what went into it.

Invariants: an archive is there only if its build has ended well (it is written beside its place and
renamed into it); one build at a time on this machine, and who waited for it finds it done; what a
build leaves when it is killed goes at the next one.
"""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.cluster.alone import alone

Say = Callable[[str], None]
_KEPT = 3  # of each image: those of the last changes, and of another checkout


def cache() -> Path:
    """Where archives are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "giveway" / "images"


def place(name: str, *, fingerprint: str) -> Path:
    """Where the archive of an image lies, or will lie. `name` as in `localhost/python:3.11`."""
    stem = re.sub(r"[^a-z0-9.]+", "-", name.removeprefix("localhost/"))
    return cache() / f"{stem}-{fingerprint[:16]}.tar"


def provide(path: Path, *, build: Callable[[Path, Path], None], say: Say) -> Path:
    """The archive, after building it if it is not there.

    `build` gets where to write it, and a folder to work in that is empty and goes afterwards.
    """
    if path.exists():
        path.touch()  # was of use: the oldest go first
        return path
    with alone(cache(), what="building images", say=say):
        if not path.exists():
            _build(path, build)
    return path


def _build(path: Path, build: Callable[[Path, Path], None]) -> None:
    work = cache() / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        build(work / "archive.tar", work)
        (work / "archive.tar").replace(path)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _forget_old(path)


def _forget_old(path: Path) -> None:
    same = path.name.rpartition("-")[0]
    found = [each for each in path.parent.glob("*.tar") if each.name.rpartition("-")[0] == same]
    for old in sorted(found, key=lambda each: each.stat().st_mtime, reverse=True)[_KEPT:]:
        old.unlink(missing_ok=True)
