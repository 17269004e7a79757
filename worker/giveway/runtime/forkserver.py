"""The fork server: a process with one thread that has imported the app and forks the children.

The supervisor itself must not fork them later: it has an event loop and connections by then, and a
child that dies has to be replaced at any moment. So it forks this server once, right after the app
was imported and before anything was opened; pages of the app stay shared by all.

Protocol, one JSON line each way over a socket pair:
    supervisor -> server   {"fork": index, "nonce": text}
    server -> supervisor   {"forked": index, "pid": n}  |  {"exited": index, "pid": n, "status": n}
The end of the socket is the end of the other side: the server kills its children and exits.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from giveway.runtime.process import die_with_parent, signalled

RunChild = Callable[[int, str], int]
_NOT_FORKED = 1 << 8  # exit code 1, as waitpid tells it


@dataclass(frozen=True, slots=True)
class Forked:
    """A child of the fork server has begun."""

    index: int
    pid: int


@dataclass(frozen=True, slots=True)
class Exited:
    """A child has ended; `status` as of waitpid. `pid` 0: it could not be forked."""

    index: int
    pid: int
    status: int


class ForkServer:
    """The supervisor's end. Start it before opening anything: it is a plain fork."""

    def __init__(self, run_child: RunChild) -> None:
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _Server(theirs, run_child).serve(parent)
        theirs.close()
        ours.settimeout(0)
        self.socket = ours
        self._rest = b""

    def fork(self, index: int, nonce: str) -> None:
        """Ask for a child; `Forked` tells when it is there."""
        self.socket.send(_line(fork=index, nonce=nonce))

    def read(self) -> list[Forked | Exited] | None:
        """What has happened since; None when the server has gone."""
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [_event(json.loads(line)) for line in lines]

    def close(self) -> None:
        """The server ends, and with it every child that is left. Waits for it."""
        self.socket.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


class _Server:
    def __init__(self, sock: socket.socket, run_child: RunChild) -> None:
        self._socket, self._run_child = sock, run_child
        self._children: dict[int, int] = {}

    def serve(self, parent: int) -> NoReturn:
        """Until the supervisor closes its end, or dies."""
        die_with_parent(parent)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        wake_read, wake_write = os.pipe()
        listen: list[socket.socket | int] = [self._socket, wake_read]
        for end in (wake_read, wake_write):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        rest = b""
        while True:
            ready, _, _ = select.select(listen, [], [])
            if wake_read in ready:
                os.read(wake_read, 4096)
                self._reap()
            if self._socket in ready:
                data = self._socket.recv(65536)
                if not data:
                    self._end()
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._fork(**json.loads(line))

    def _fork(self, fork: int, nonce: str) -> None:
        parent = os.getpid()
        # The supervisor may ask it to end as soon as it has heard of it: until the child stops
        # ignoring SIGTERM, as this server does, the signal has to wait for it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            pid = os.fork()
        except OSError:
            # No process or no memory to be had just now. The end of this server would be that of
            # all the children there are; a child that has ended is asked for again after a pause.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            self._tell(exited=fork, pid=0, status=_NOT_FORKED)
            return
        if pid == 0:
            code = 1
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)  # it holds nothing yet
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
                self._socket.close()
                die_with_parent(parent)
                code = self._run_child(fork, nonce)
            finally:
                # Not sys.exit: what the supervisor registered to run at exit is not the child's.
                with contextlib.suppress(OSError, ValueError):  # who read it has gone
                    sys.stdout.flush()
                    sys.stderr.flush()
                os._exit(code)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        self._children[pid] = fork
        self._tell(forked=fork, pid=pid)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            index = self._children.pop(pid, None)
            if index is not None:
                self._tell(exited=index, pid=pid, status=status)

    def _tell(self, **message: int) -> None:
        with contextlib.suppress(OSError):  # the supervisor has gone; the end comes next
            self._socket.sendall(_line(**message))

    def _end(self) -> NoReturn:
        for pid in self._children:
            signalled(pid, signal.SIGKILL)
        os._exit(0)


def _line(**message: object) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _event(message: dict[str, int]) -> Forked | Exited:
    if "forked" in message:
        return Forked(message["forked"], message["pid"])
    return Exited(message["exited"], message["pid"], message["status"])
