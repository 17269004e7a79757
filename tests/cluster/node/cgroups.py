"""One cgroup for all that a node runs, in every hierarchy that the machine has.

Containers make cgroups beneath it and whoever is killed removes none. The capsule sees it as its
root, so nothing is made elsewhere; at the end, and before a new start, the whole tree goes.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.integration.worker.waiting import until

_MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A mounted one: version 1 has several, one for some controllers each; version 2 is one."""

    mounted: Path
    kind: str
    options: str

    @property
    def controllers(self) -> str:
        """What to mount it by; empty in version 2."""
        options = self.options.split(",")
        named = [each for each in options if each.startswith("name=")]
        plain = [each for each in options if each not in ("rw", "ro", "xattr") and "=" not in each]
        return ",".join(["none", *named] if named else plain)


def hierarchies() -> list[Hierarchy]:
    """Those that containers use. The second version beside the first has no controllers left."""
    found = list(_mounted())
    first = [each for each in found if each.kind == "cgroup"]
    return first or found


def _mounted() -> Iterator[Hierarchy]:
    for line in _MOUNTS.read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        if kind in ("cgroup", "cgroup2"):
            yield Hierarchy(Path(before.split(" ")[4]), kind, options)


def make(name: str) -> list[Path]:
    """The cgroup of this name in each; a process enters one by writing into its `cgroup.procs`."""
    made = []
    for each in hierarchies():
        path = each.mounted / name
        path.mkdir()
        for shared in ("cpuset.cpus", "cpuset.mems"):  # empty in a new cgroup of version 1
            if each.kind == "cgroup" and (each.mounted / shared).exists():
                (path / shared).write_text((each.mounted / shared).read_text())
        made.append(path)
    return made


def leave(pid: int) -> None:
    """A process of this machine goes back to where this one is, in version 2.

    There no process may be in a cgroup that hands controllers down, as the capsule's is to do, and
    from inside the capsule the one that holds it cannot be moved.
    """
    for each in hierarchies():
        if each.kind == "cgroup2":
            ours = Path("/proc/self/cgroup").read_text().rpartition("0::/")[2].strip()
            (each.mounted / ours / "cgroup.procs").write_text(str(pid))


def remove(name: str) -> None:
    """With all that is beneath it, after killing whoever is still in it. None needs to be there."""
    for each in hierarchies():
        root = each.mounted / name
        if root.exists():
            until(lambda root=root: _empty(root), what=f"the end of what ran in {root}")  # type: ignore[misc]
            for path in sorted(root.rglob("*/"), key=lambda path: -len(path.parts)):
                path.rmdir()
            root.rmdir()


def _empty(root: Path) -> bool:
    """Kills those it finds; the kernel takes a moment to let go of them."""
    found = [pid for procs in root.rglob("cgroup.procs") for pid in _lines(procs)]
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return not found


def _lines(procs: Path) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(line) for line in procs.read_text().split()]
    return []
