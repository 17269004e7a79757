"""A real worker: `giveway worker` as a process of its own, its events, its children, its end."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.integration.worker.waiting import CEILING, until

ROOT = Path(__file__).parents[3]
TARGET = "tests.integration.worker.apps:app"
Event = dict[str, Any]


class Worker:
    """Start it with `start`, or as a context manager; at the end nothing of it is left."""

    def __init__(
        self,
        *,
        queue: str,
        url: str,
        folder: Path,
        processes: int = 1,
        slots: int = 1,
        tiers: str | None = None,
        burst: bool = False,
        lease: float = 30,
        grace: float = 20,
        target: str = TARGET,
        flags: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        inside: Sequence[str] = (),
    ) -> None:
        program = str(Path(sys.executable).with_name("giveway"))
        # `inside`: a command that becomes it, as `ip netns exec` does: the process id is the same.
        self._command = [*inside, program, "worker", target]
        self._command += ["--processes", str(processes), "--slots", str(slots)]
        self._command += ["--tiers", tiers] if tiers else []
        self._command += ["--burst"] if burst else []
        self._command += flags
        self._env = os.environ | {
            "GIVEWAY_QUEUE": queue,
            "GIVEWAY_REDIS_URL": url,
            "GIVEWAY_LEASE_SECONDS": str(lease),
            "GIVEWAY_GRACE_SECONDS": str(grace),
            "GIVEWAY_LOG": "json",
            "GIVEWAY_TEST_FOLDER": str(folder),
            "GIVEWAY_METRICS_PORT": "0",  # many workers on one machine: who wants one says which
        }
        self._env |= env or {}
        self._processes = processes
        self._events: list[Event] = []
        self.noise: list[str] = []
        self.raw: list[str] = []
        self._reader: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._known: set[int] = set()

    # -- life --------------------------------------------------------------------------------

    def start(self, *, ready: bool = True) -> "Worker":
        """Returns when it has said that it has started and its children are there."""
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._env, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if ready:
            self.event("started")
            until(lambda: len(self.children()) == self._processes, what="the children of a worker")
        return self

    def __enter__(self) -> "Worker":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """The whole worker, at once; children must go with it."""
        if self.process.poll() is None:
            self._know()
            # A stopped supervisor would not take its children along before it is continued.
            self.process.kill()
        self.process.wait(CEILING)
        until(self.gone, what="the end of a killed worker's children")
        self._join()

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self.terminate()
        return self.ended()

    def terminate(self) -> None:
        self._know()
        self.process.send_signal(signal.SIGTERM)

    def ended(self, *, within: float = CEILING) -> int:
        """Its exit code, once it has ended and its children with it."""
        code = self.process.wait(within)
        until(self.gone, what="the end of an ended worker's children")
        self._join()
        return code

    def _join(self) -> None:
        if self._reader is not None:
            self._reader.join(CEILING)
        assert self.process.stderr is not None
        self.process.stderr.close()

    # -- processes ---------------------------------------------------------------------------

    @property
    def process(self) -> "subprocess.Popen[str]":
        assert self._process is not None, "start the worker first"
        return self._process

    @property
    def pid(self) -> int:
        """The supervisor."""
        return self.process.pid

    @property
    def fork_server(self) -> int:
        """The one process that the supervisor forked."""
        (server,) = _children_of(self.pid)
        return server

    def children(self) -> list[int]:
        """The processes that run tasks, zombies excluded."""
        found = [child for server in _children_of(self.pid) for child in _children_of(server)]
        self._known.update(found)
        return [pid for pid in found if _alive(pid)]

    def all(self) -> list[int]:
        """Supervisor, fork server, children."""
        return [self.pid, *_children_of(self.pid), *self.children()]

    def signal(self, number: signal.Signals) -> None:
        """To every process of the worker, as a frozen machine would stop them all."""
        for pid in self.all():
            os.kill(pid, number)

    def gone(self) -> bool:
        """Whether no process of it that was ever seen is alive."""
        return not any(_alive(pid) for pid in self._known)

    def _know(self) -> None:
        self._known.update(_children_of(self.pid))
        self.children()

    # -- events ------------------------------------------------------------------------------

    def events(self, name: str, **fields: object) -> list[Event]:
        """Those of this name with these fields, so far."""
        return [
            event
            for event in list(self._events)
            if event.get("event") == name and all(event.get(k) == v for k, v in fields.items())
        ]

    def complaints(self) -> list[Event]:
        """Whatever it warned of, so far."""
        return [event for event in list(self._events) if event["level"] in ("warning", "error")]

    def event(self, name: str, *, count: int = 1, **fields: object) -> Event:
        """The `count`th of these, once it is there."""

        def ask() -> list[Event]:
            found = self.events(name, **fields)
            if (
                len(found) < count
                and self._process is not None
                and self._process.poll() is not None
            ):
                assert self._reader is not None
                self._reader.join(CEILING)
                found = self.events(name, **fields)
                assert len(found) >= count, f"it ended without {name}: {self.noise[-20:]}"
            return found if len(found) >= count else []

        return until(ask, what=f"event {name} {fields}")[count - 1]

    def said(self, logger: str, *, count: int = 1) -> list[Event]:
        """What tasks wrote to this logger, once it is so many lines."""

        def ask() -> list[Event]:
            found = [line for line in list(self._events) if line.get("logger") == logger]
            return found if len(found) >= count else []

        return until(ask, what=f"{count} lines of {logger}")

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.raw.append(line)
            try:
                self._events.append(json.loads(line))
            except ValueError:
                self.noise.append(line.rstrip())


def _children_of(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    except OSError:
        pass  # it has gone
    return found


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
