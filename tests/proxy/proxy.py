"""The proxy: two pumps per connection, and one policy that both ask about every message.

Model: a connection is a pair of sockets, `near` (the client's) and `far` (Redis's). One thread
carries commands from near to far, one carries replies back. A command that is passed on is
remembered in order; a reply belongs to the oldest command without one. What the policy holds back
is *held*, never reordered.

Invariants: a byte that is passed on is passed unchanged; `stop` ends every thread and socket, may
be called twice and from any thread; after `heal` new connections behave as if there were no proxy
(a frozen connection stays frozen: what it swallowed is gone, as on a real network).
"""

import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Flag, auto

from tests.proxy.wire import Frames, is_push, words

Predicate = Callable[[list[bytes]], bool]

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close sends RST instead of FIN


class Direction(Flag):
    """Which half of a connection a freeze swallows."""

    TO_SERVER = auto()
    TO_CLIENT = auto()
    BOTH = TO_SERVER | TO_CLIENT


class Lost:
    """One reply to lose: the next whose command fits. `happened` is set when it has been lost."""

    def __init__(self, predicate: Predicate, *, skip: int, freeze: bool) -> None:
        self.happened = threading.Event()
        self.freeze = freeze
        self._predicate = predicate
        self._skip = skip

    def fits(self, command: list[bytes]) -> bool:
        """Asked once for every reply, in order; true exactly once."""
        if self.happened.is_set() or not self._predicate(command):
            return False
        self._skip -= 1
        return self._skip < 0


class Proxy:
    """A TCP proxy in front of `host:port`. Life: `start`, `stop` (both idempotent), or `with`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._lock = threading.Lock()
        self._links: set[_Link] = set()
        self._losses: list[Lost] = []
        self._stopped = threading.Event()
        self.delay_seconds = 0.0
        self.frozen = Direction(0)
        self.refusing = False

    # Life

    def start(self) -> "Proxy":
        """Listen on a free port of the loopback interface."""
        if self._listener is None and not self._stopped.is_set():
            self._listener = socket.create_server(("127.0.0.1", 0))
            self._acceptor = threading.Thread(target=self._accept, name="proxy", daemon=True)
            self._acceptor.start()
        return self

    def stop(self) -> None:
        """Close everything and wait for every thread."""
        self._stopped.set()
        listener, self._listener = self._listener, None
        if listener is not None:
            _shut(listener)
        if self._acceptor is not None:
            self._acceptor.join()
        for link in self._snapshot():
            link.close()
            link.join()

    def __enter__(self) -> "Proxy":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Where clients connect to."""
        assert self._listener is not None, "start the proxy first"
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """The same as a Redis URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    # Faults

    def lead_to(self, port: int) -> None:
        """New connections go to another server; those there are stay where they are."""
        self._target = (self._target[0], port)

    def heal(self) -> None:
        """Pass everything from here on; replies still to be lost are forgotten."""
        self.delay_seconds, self.frozen, self.refusing = 0.0, Direction(0), False
        with self._lock:
            self._losses.clear()

    def cut(self, *, reset: bool = True) -> int:
        """End every connection there is, with RST or FIN; how many they were."""
        links = self._snapshot()
        for link in links:
            link.close(reset=reset)
        return len(links)

    def cut_idle(self, *, longer_than: float, reset: bool = True) -> int:
        """As a load balancer does: end what has carried nothing for so many seconds."""
        idle = [link for link in self._snapshot() if link.idle_seconds > longer_than]
        for link in idle:
            link.close(reset=reset)
        return len(idle)

    def forget_idle(self, *, longer_than: float) -> int:
        """As `cut_idle`, but nobody is told: the connections stay open and nothing arrives."""
        idle = [link for link in self._snapshot() if link.idle_seconds > longer_than]
        return sum(link.forget() for link in idle)

    def freeze(self, direction: Direction = Direction.BOTH) -> None:
        """From here on swallow silently: connections stay open and nothing arrives."""
        self.frozen = direction

    def lose_reply(self, predicate: Predicate, *, skip: int = 0, freeze: bool = False) -> Lost:
        """Lose the reply of the next command that fits (after `skip` others that fit). The server
        has run it. Then the connection is cut, or with `freeze` left open and silent."""
        lost = Lost(predicate, skip=skip, freeze=freeze)
        with self._lock:
            self._losses.append(lost)
        return lost

    def lose_nth_reply(self, n: int, *, freeze: bool = False) -> Lost:
        """Lose the nth reply from now on (1 = the next), whatever it answers."""
        return self.lose_reply(lambda _: True, skip=n - 1, freeze=freeze)

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._snapshot())

    # What the links ask

    def loss_for(self, command: list[bytes]) -> Lost | None:
        with self._lock:
            for lost in self._losses:
                if lost.fits(command):
                    self._losses.remove(lost)
                    return lost
        return None

    def pause(self) -> None:
        """The delay of one message; ends early with the proxy."""
        if self.delay_seconds:
            self._stopped.wait(self.delay_seconds)

    def forget(self, link: "_Link") -> None:
        with self._lock:
            self._links.discard(link)

    def _snapshot(self) -> list["_Link"]:
        with self._lock:
            return list(self._links)

    def _accept(self) -> None:
        listener = self._listener
        while listener is not None and not self._stopped.is_set():
            try:
                near, _ = listener.accept()
            except OSError:
                return  # stop() has closed the listener
            self._admit(near)

    def _admit(self, near: socket.socket) -> None:
        if self.refusing:
            _reset(near)
            return
        try:
            far = socket.create_connection(self._target, timeout=5)
        except OSError:
            _reset(near)
            return
        far.settimeout(None)
        link = _Link(self, near, far)
        with self._lock:
            self._links.add(link)
        link.start()
        if self._stopped.is_set():  # stop() may have looked before this link was added
            link.close()


class _Link:
    """One connection: two sockets, two pumps."""

    def __init__(self, proxy: Proxy, near: socket.socket, far: socket.socket) -> None:
        self._proxy = proxy
        self._near, self._far = near, far
        self._commands: deque[list[bytes]] = deque()
        self._swallowing = Direction(0)
        self._touched = time.monotonic()
        self._closing = threading.Lock()
        pumps = (self._carry_commands, self._carry_replies)
        self._threads = [threading.Thread(target=pump, daemon=True) for pump in pumps]
        for sock in (near, far):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def close(self, *, reset: bool = False) -> None:
        # Only the first to close decides how: closing wakes the pumps, which close as well, and
        # their FIN must not overtake the RST.
        if not self._closing.acquire(blocking=False):
            return
        (_reset if reset else _shut)(self._near)
        _shut(self._far)
        self._proxy.forget(self)

    @property
    def idle_seconds(self) -> float:
        """Since anything went through it, in either direction."""
        return time.monotonic() - self._touched

    def forget(self) -> bool:
        """Stay open, and silent for good; whether it was not so before."""
        before, self._swallowing = self._swallowing, Direction.BOTH
        return before is not Direction.BOTH

    def _swallows(self, direction: Direction) -> bool:
        self._touched = time.monotonic()
        # Bytes lost once leave a hole in the stream: the direction stays silent for good.
        self._swallowing |= self._proxy.frozen & direction
        return bool(self._swallowing & direction)

    def _carry_commands(self) -> None:
        frames = Frames()
        try:
            while data := self._near.recv(65536):
                if self._swallows(Direction.TO_SERVER):
                    continue
                self._proxy.pause()
                # Remembered before they are sent: the reply may overtake this thread.
                self._commands.extend(words(command) for command in frames.feed(data))
                self._far.sendall(data)
        except OSError:
            pass  # either side has gone: so has the connection
        self.close()

    def _carry_replies(self) -> None:
        frames = Frames()
        try:
            while data := self._far.recv(65536):
                self._proxy.pause()
                for reply in frames.feed(data):
                    self._pass_reply(reply)
        except OSError:
            pass
        self.close()

    def _pass_reply(self, reply: bytes) -> None:
        if not is_push(reply) and self._commands:
            lost = self._proxy.loss_for(self._commands.popleft())
            if lost is not None:
                self._lose(lost)
        if not self._swallows(Direction.TO_CLIENT):
            self._near.sendall(reply)

    def _lose(self, lost: Lost) -> None:
        self._swallowing |= Direction.BOTH
        lost.happened.set()  # before the client can notice
        if not lost.freeze:
            self.close(reset=True)


def _reset(sock: socket.socket) -> None:
    with suppress(OSError):  # closed already
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    # SHUT_RD only wakes the pump in recv; with SHUT_RDWR a FIN would go out first.
    _shut(sock, how=socket.SHUT_RD)


def _shut(sock: socket.socket, *, how: int = socket.SHUT_RDWR) -> None:
    with suppress(OSError):  # closed already
        sock.shutdown(how)  # wakes a thread that sits in recv or accept; `close` alone does not
    sock.close()
