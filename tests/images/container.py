"""A container by runc, as a restricted pod would get it: the image's user and settings, a read-only
root, /tmp to write to, no capabilities, no new privileges. The network is the machine's own.
"""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.images.image import Image

_NAMESPACES = ("pid", "mount", "ipc", "uts")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a pod says of a container.

    Parameters:
        args: instead of the image's `Cmd`; `command`: instead of its entrypoint.
        volumes: folders of the machine, by the path in the container.
        user: instead of the image's; `writable`: a root that may be written to.
    """

    args: Sequence[str] = ()
    command: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, Path] = field(default_factory=dict)
    user: str | None = None
    writable: bool = False


class Container:
    """One that runs; `wait` for its end, or `end` it with a signal to its first process."""

    def __init__(self, image: Image, wish: Wish, *, folder: Path) -> None:
        self._name, self._state = f"giveway-{uuid4().hex[:12]}", folder / "runc"
        bundle = folder / self._name
        bundle.mkdir(parents=True)
        (bundle / "config.json").write_text(json.dumps(_spec(image, wish)))
        self._process = subprocess.Popen(
            self._runc("run", f"--bundle={bundle}", self._name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait(self, *, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Its exit code, and all that it said."""
        out, err = self._process.communicate(timeout=seconds)
        return subprocess.CompletedProcess([], self._process.returncode, out, err)

    def end(
        self, how: signal.Signals = signal.SIGTERM, *, seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        subprocess.run(self._runc("kill", self._name, how.name), check=True)
        return self.wait(seconds=seconds)

    def remove(self) -> None:
        """Nothing of it is left."""
        delete = self._runc("delete", "--force", self._name)
        subprocess.run(delete, check=False, capture_output=True)
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def _runc(self, *words: str) -> list[str]:
        return ["runc", f"--root={self._state}", *words]


@contextmanager
def container(image: Image, wish: Wish, *, folder: Path) -> Iterator[Container]:
    """Runs until the end of the block."""
    running = Container(image, wish, folder=folder)
    try:
        yield running
    finally:
        running.remove()


def run(image: Image, wish: Wish, *, folder: Path) -> subprocess.CompletedProcess[str]:
    """To its end."""
    with container(image, wish, folder=folder) as running:
        return running.wait()


def _spec(image: Image, wish: Wish) -> dict[str, object]:
    config = image.config
    user, _, group = (wish.user or config.get("User") or "0:0").partition(":")
    words = [*(wish.command or config.get("Entrypoint") or [])]
    words += wish.args or ([] if wish.command else config.get("Cmd") or [])
    env = [*config["Env"], *(f"{name}={value}" for name, value in wish.env.items())]
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": int(user), "gid": int(group)},
            "args": words,
            "env": env,
            "cwd": config.get("WorkingDir") or "/",
            "noNewPrivileges": True,
        },
        "root": {"path": str(image.root), "readonly": not wish.writable},
        "mounts": [*_mounts(), *_names(), *(_bind(path, to) for to, path in wish.volumes.items())],
        "linux": {"namespaces": [{"type": each} for each in _NAMESPACES]},
    }


def _mounts() -> list[dict[str, object]]:
    def mount(place: str, kind: str, *options: str) -> dict[str, object]:
        return {"destination": place, "type": kind, "source": kind, "options": [*options]}

    return [
        mount("/proc", "proc"),
        mount("/dev", "tmpfs", "nosuid", "mode=755"),
        mount("/dev/shm", "tmpfs", "nosuid", "nodev", "mode=1777"),
        mount("/tmp", "tmpfs", "mode=1777"),
    ]


def _names() -> list[dict[str, object]]:
    """As every runtime does: whom the machine knows by name, the container knows."""
    files = (Path("/etc/hosts"), Path("/etc/resolv.conf"))
    return [_bind(each, str(each)) for each in files if each.exists()]


def _bind(path: Path, place: str) -> dict[str, object]:
    return {"destination": place, "type": "bind", "source": str(path), "options": ["rbind", "rw"]}
