"""What the demo sets up and takes down: a folder, an embedded Valkey, worker processes.

Whatever ends the demo (its end, an error, Ctrl-C, SIGTERM), workers and server are stopped and the
folder is removed, unless it is to be kept.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from giveway.cli.usage import WrongUsage
from giveway.errors import WorkerError
from giveway.runtime.process import die_with_parent

PACKAGE_BYTES = 8_400_000  # a master and what the file system adds to it
PROGRAM = "giveway.cli.demo.channel_packages:app"
_STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays."""

    folder: Path
    redis_url: str

    @property
    def packages(self) -> Path:
        return self.folder / "packages"

    @property
    def journal(self) -> Path:
        return self.packages / "journal.jsonl"

    def enter(self) -> None:
        """Tells the program, here and in the workers to come, where it is.

        Settings of the user's own are left outside: they are meant for another queue.
        """
        for name in [name for name in os.environ if name.startswith("GIVEWAY_")]:
            del os.environ[name]
        os.environ["PACKAGES"] = str(self.packages)
        os.environ["GIVEWAY_REDIS_URL"] = self.redis_url
        os.environ["GIVEWAY_METRICS_PORT"] = "0"  # somebody's own worker may run beside it


@contextmanager
def folder(place: Path | None, *, keep: bool, packages: int) -> Iterator[Path]:
    """A folder with room for so many packages: `place`, or a temporary one."""
    _make_sure_of_room(place, packages * PACKAGE_BYTES)
    if place is None:
        made = Path(tempfile.mkdtemp(prefix="giveway-demo-"))
    else:
        made = place.resolve()
        made.mkdir(parents=True, exist_ok=True)
    try:
        yield made
    finally:
        if not keep:
            shutil.rmtree(made, ignore_errors=True)


@contextmanager
def worker(stage: Stage, *, processes: int, preemption: bool) -> Iterator[subprocess.Popen[bytes]]:
    """`giveway worker` with real processes; its words go to worker.log in the folder."""
    command = [sys.executable, "-m", "giveway.cli.main", "worker", PROGRAM]
    switch = {"GIVEWAY_PREEMPTION": "true" if preemption else "false"}
    with (stage.folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--processes", str(processes)],
            env=os.environ | switch,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,  # Ctrl-C reaches the demo alone, which then stops its worker
            # Even kill -9 for the demo leaves no worker behind. No other thread runs here yet.
            preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Asks the worker to leave, and insists when it does not."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def make_sure_it_lives(process: subprocess.Popen[bytes], stage: Stage) -> None:
    """Raises `WorkerError` with the last line of its log if the worker has ended."""
    if process.poll() is None:
        return
    lines = (stage.folder / "worker.log").read_text(errors="replace").splitlines() or ["no word"]
    raise WorkerError(f"the worker ended with exit code {process.returncode}: {lines[-1]}")


def _make_sure_of_room(place: Path | None, wanted: int) -> None:
    if place is not None and place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise WrongUsage(f"{place} is there already: name a new or empty folder")
    there = place.resolve() if place is not None else Path(tempfile.gettempdir())
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    if free < wanted:
        raise WrongUsage(
            f"{there} has {free / 1e9:.1f} GB free and the demo needs {wanted / 1e9:.1f} GB: "
            "name a folder elsewhere, or fewer --channels"
        )
