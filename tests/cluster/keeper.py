"""One control plane for all processes of a test run: alive as long as somebody uses it.

Problem: with xdist a session is several processes. A server for each would cost seconds and half a
core each; a server that the first one starts dies with the first one.

Model: the keeper is a process of its own. Who wants the server connects to it and is told where the
server is; the connection is the use. When the last one has been closed, be it by a kill -9, and
nobody has come back for a moment, the keeper stops the server and ends. The first one starts the
keeper, under a lock, in a folder that all of the run know.
"""

import fcntl
import json
import os
import select
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.cluster.build import Unavailable
from tests.cluster.cluster import Cluster
from tests.cluster.components import API_SERVER, CONTROLLED
from tests.cluster.control_plane import HOST, ControlPlane
from tests.cluster.programs import provide

ROOT = Path(__file__).parents[2]
_LINGER_SECONDS = 3.0  # the first process may be done before the second has begun
_START_SECONDS = 300.0


@contextmanager
def shared(folder: Path, *, controlled: bool) -> Iterator[Cluster]:
    """The control plane of this folder, started if it is not there, in use until the block ends.

    Raises:
        RuntimeError: it could not be started; with why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    connection, answer = _connect(folder, controlled=controlled)
    with connection:
        if "error" in answer:
            raise RuntimeError(answer["error"])
        for name in ("kubeconfig", "kubectl_path", "folder"):
            answer[name] = Path(answer[name])
        yield Cluster(**answer)


def _connect(folder: Path, *, controlled: bool) -> tuple[socket.socket, dict[str, Any]]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = _ask(folder)
        if found is None:
            _start_keeper(folder, controlled=controlled)
            found = _ask(folder)
        assert found is not None, "the keeper ended before it was asked"
        return found


def _ask(folder: Path) -> tuple[socket.socket, dict[str, Any]] | None:
    """None if no keeper is there, or it is just going."""
    with suppress(OSError, ValueError), ExitStack() as unless_answered:
        port = int((folder / "port").read_text())
        connection = socket.create_connection((HOST, port), timeout=_START_SECONDS)
        unless_answered.callback(connection.close)
        with connection.makefile() as lines:
            answer = json.loads(lines.readline())
        unless_answered.pop_all()
        return connection, answer
    return None


def _start_keeper(folder: Path, *, controlled: bool) -> None:
    """Returns when it listens; whether the server starts well is its first answer."""
    listener = socket.create_server((HOST, 0))
    words = ["controlled"] if controlled else []
    with listener, (folder / "keeper.log").open("ab") as log:
        listener.set_inheritable(True)
        # Not subprocess: nobody here waits for it, and its end comes after that of the tests.
        os.posix_spawn(
            sys.executable,
            [
                sys.executable,
                "-m",
                "tests.cluster.keeper",
                str(folder),
                str(listener.fileno()),
                *words,
            ],
            {**os.environ, "PYTHONPATH": str(ROOT)},
            file_actions=[(os.POSIX_SPAWN_DUP2, log.fileno(), number) for number in (1, 2)],
            setsid=True,  # Ctrl-C ends the tests, and they end this
        )
        (folder / "port").write_text(str(listener.getsockname()[1]))


class _Keeper:
    def __init__(self, listener: socket.socket, answer: bytes) -> None:
        self._listener, self._answer = listener, answer
        self._users: list[socket.socket] = []

    def serve(self) -> None:
        """Until nobody uses it."""
        while True:
            timeout = None if self._users else _LINGER_SECONDS
            ready, _, _ = select.select([self._listener, *self._users], [], [], timeout)
            if not ready:
                return
            for each in ready:
                self._admit() if each is self._listener else self._dismiss(each)

    def _admit(self) -> None:
        user, _ = self._listener.accept()
        user.sendall(self._answer)
        self._users.append(user)

    def _dismiss(self, user: socket.socket) -> None:
        """Users say nothing: whatever can be read is the end."""
        self._users.remove(user)
        user.close()


def keep(folder: Path, listener: socket.socket, *, controlled: bool) -> None:
    """The keeper's life."""
    with ExitStack() as life:
        try:
            plane = _control_plane(folder / f"plane-{os.getpid()}", controlled=controlled)
            life.callback(plane.stop)
            answer = json.dumps(asdict(plane.start()), default=str)
        except (Unavailable, RuntimeError) as error:
            answer = json.dumps({"error": str(error)})
        except Exception:  # noqa: BLE001 - whatever it is, the tests say it
            answer = json.dumps({"error": traceback.format_exc()})
        _Keeper(listener, answer.encode() + b"\n").serve()
        listener.close()  # before the server goes: who comes now starts another


def _control_plane(folder: Path, *, controlled: bool) -> ControlPlane:
    names = CONTROLLED if controlled else API_SERVER
    programs = provide(names, say=lambda line: print(line, flush=True))
    return ControlPlane(folder, programs=programs, controlled=controlled)


def main() -> None:
    folder, descriptor, *words = sys.argv[1:]
    keep(Path(folder), socket.socket(fileno=int(descriptor)), controlled="controlled" in words)


if __name__ == "__main__":
    main()
