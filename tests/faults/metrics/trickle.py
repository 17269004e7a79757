"""A TCP proxy whose claim loops get a byte every second: alive for every time-out, and no answer.

No time-out of a socket ever fires, because each byte is a success. Only somebody who looks at the
clock of the whole round trip can tell.
"""

import select
import socket
import threading
from contextlib import suppress

_HEAD = b"$9999999\r\n"  # a reply of ten million bytes


class Trickle:
    """In front of `host:port`; `dripping` concerns the connections that wait for work."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self.dripping = threading.Event()
        self.drips = 0
        self.cut_short = 0  # connections that the client closed while they dripped

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def __enter__(self) -> "Trickle":
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _run(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._run(self._carry, near, socket.create_connection(self._target))

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        waits_for_work = False
        with near, far, suppress(OSError):
            while not self._stopped.is_set():
                for one in select.select([near, far], [], [], 0.1)[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    waits_for_work = waits_for_work or b"BZPOPMIN" in data
                    (far if one is near else near).sendall(data)
                if waits_for_work and self.dripping.is_set():
                    self._drip(near)
                    return

    def _drip(self, near: socket.socket) -> None:
        near.sendall(_HEAD)
        try:
            while self.dripping.is_set() and not self._stopped.wait(1.0):
                near.sendall(b"x")
                self.drips += 1
        except OSError:
            self.cut_short += 1
