"""buildah, in folders of its own: what it builds here touches no other images of the machine.

`vfs` and `chroot` ask for nothing of the machine (no overlay file system, no runtime), so that this
works in a container as well. How the machine reaches package registries is mounted into the build.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.cluster.build import Unavailable
from tests.cluster.images.archives import cache
from tests.cluster.images.pip_settings import write_pip_settings

_CERTIFICATES = Path("/etc/ssl/certs")


class Engine:
    """One build's worth of storage, in `work`."""

    def __init__(self, work: Path) -> None:
        self._work = work
        # Cache mounts lie there, and stay: what pip has fetched once it does not fetch again.
        self._lasting = cache() / "lasting"
        self._lasting.mkdir(parents=True, exist_ok=True)

    def load(self, archive: Path, *, name: str) -> None:
        """An image to build on."""
        container = self._buildah("from", f"docker-archive:{archive}:{name}")
        self._buildah("rm", container)

    def build(
        self,
        context: Path,
        *,
        name: str,
        target: str | None = None,
        arguments: Mapping[str, str] | None = None,
        dockerfile: Path | None = None,
    ) -> None:
        """As `docker build` does."""
        words = ["build", "--isolation=chroot", "--pull-never", f"--tag={name}"]
        words += [f"--volume={_CERTIFICATES}:{_CERTIFICATES}:ro"] if _CERTIFICATES.is_dir() else []
        words.append(f"--secret=id=pip,src={write_pip_settings(self._work / 'pip.conf')}")
        words += [f"--build-arg={key}={value}" for key, value in (arguments or {}).items()]
        words += [f"--target={target}"] if target else []
        words += [f"--file={dockerfile}"] if dockerfile else []
        self._buildah(*words, str(context))

    def pack(self, root: Path, *, name: str, settings: Sequence[str]) -> None:
        """An image of one layer: the content of a folder."""
        container = self._buildah("from", "scratch")
        mounted = self._buildah("mount", container)
        subprocess.run(["cp", "--archive", f"{root}/.", mounted], check=True)
        self._buildah("config", *settings, container)
        self._buildah("commit", "--quiet", "--rm", container, name)

    def save(self, name: str, *, archive: Path) -> None:
        self._buildah("push", "--quiet", name, f"docker-archive:{archive}:{name}")

    def _buildah(self, *words: str) -> str:
        folders = [f"--root={self._work / 'root'}", f"--runroot={self._work / 'run'}"]
        done = subprocess.run(
            ["buildah", *folders, "--storage-driver=vfs", *words],
            env={**os.environ, "TMPDIR": str(self._lasting)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = f"{done.stdout}\n{done.stderr}".strip()[-3000:]
            raise Unavailable(f"buildah {words[0]} failed:\n{said}")
        return done.stdout.strip()
