"""Components built from source with Go, once: the user's cache keeps them by version and go.sum.

Invariants: a program is in the cache only when its build has ended well (it is built beside its
place and renamed into it); of two runs that need the same, one builds and the other waits; nothing
in the project's folders changes (`-mod=readonly`).
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.cluster.alone import alone
from tests.cluster.components import OLDEST_GO, Component

Say = Callable[[str], None]


class Unavailable(Exception):
    """A component cannot be had on this machine; the message says what would help."""


def cache() -> Path:
    """Where built components are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "giveway" / "kubernetes"


def place(component: Component) -> Path:
    """Where this one lies, or will lie, in the cache."""
    return cache() / component.module.key / component.name


def no_go() -> str | None:
    """Why nothing can be built here; None if it can."""
    oldest = ".".join(map(str, OLDEST_GO))
    if shutil.which("go") is None:
        return f"Go is not installed (it must be {oldest} or newer)"
    said = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False)
    found = re.match(r"go(\d+)\.(\d+)", said.stdout)
    if found is None or tuple(map(int, found.groups())) < OLDEST_GO:
        return f"Go is {said.stdout.strip() or 'broken'} (it must be {oldest} or newer)"
    return None


def build(components: Sequence[Component], *, say: Say) -> None:
    """See that these are in the cache. Minutes if they are not, and then a line for each.

    Raises:
        Unavailable: Go is missing or too old, or a build failed (no network, no space).
    """
    if not _absent(components):
        return
    if reason := no_go():
        raise Unavailable(reason)
    with alone(cache(), what="building the components", say=say):
        wanted = _absent(components)  # looked at again: another run may just have built them
        for number, component in enumerate(wanted, start=1):
            _build(component, f"{number} of {len(wanted)}", say)


def _absent(components: Sequence[Component]) -> list[Component]:
    return [each for each in components if not place(each).exists()]


def _build(component: Component, count: str, say: Say) -> None:
    target = place(component)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.unfinished")
    say(f"building {component.name} {component.module.version} ({count}; minutes) …")
    started = time.monotonic()
    done = subprocess.run(
        _command(component, unfinished),
        cwd=component.module.path,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        unfinished.unlink(missing_ok=True)
        raise Unavailable(f"go build of {component.name} failed:\n{done.stderr.strip()[-2000:]}")
    unfinished.replace(target)
    say(f"building {component.name} took {time.monotonic() - started:.0f} s")


def _command(component: Component, output: Path) -> list[str]:
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath"]
    flags += ["-ldflags", component.module.linker_flags, "-o", str(output)]
    return ["go", "build", *flags, component.package]
