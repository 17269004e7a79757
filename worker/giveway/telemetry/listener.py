"""A port that answers HTTP requests from threads: enough for a scraper, a kubelet and a person.

Threads, and not the event loop of whoever starts it: when that hangs, somebody has to be there to
say so. One thread waits in `accept`, so that a port which nobody asks costs nothing at all; every
request gets a thread of its own, and there is room for a few.

It listens on every address, IPv6 too: a kubelet comes from outside of the pod. A port that is taken
is no reason not to work: it says so and stays silent (docs/decisions/0054).
"""

import errno
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from giveway.telemetry.events import event

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

_PATIENCE_SECONDS = 5.0  # for a part of a request to arrive, or of its answer to be taken
_AT_ONCE = 16  # requests; others wait for one of these to end
_RETRY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request matters here."""

    path: str
    accept: str = ""
    accept_encoding: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    encoding: str = ""


Respond = Callable[[Asked], Answer]


class Listener:
    """Life: `start`, `stop`; both may be called twice. `respond` is called on many threads.

    `setting`: the variable that a person changes if the port is taken.
    """

    def __init__(
        self, respond: Respond, *, port: int, setting: str = "GIVEWAY_METRICS_PORT"
    ) -> None:
        self._respond, self._port, self._setting = respond, port, setting
        self._listener: socket.socket | None = None
        self._stopped = threading.Event()
        self._room = threading.BoundedSemaphore(_AT_ONCE)

    def start(self) -> None:
        """If the port cannot be had, say so and go on without."""
        if self._listener is not None or not self._port:
            return
        try:
            self._listener = _listen(self._port)
        except OSError as error:
            event(
                "metrics_not_served",
                level="warning",
                port=self._port,
                error=error.strerror or str(error),
                fix=f"set {self._setting} to a free port, or to 0 for none",
            )
            return
        _in_thread(lambda: self._serve(cast(socket.socket, self._listener)))

    def stop(self) -> None:
        """Answers nobody from here on."""
        self._stopped.set()
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept` up
            self._listener.close()

    def _serve(self, listener: socket.socket) -> None:
        exchange: type[BaseHTTPRequestHandler] | None = None
        while not self._stopped.is_set():
            try:
                connection, address = listener.accept()
            except OSError:  # it was stopped, or there are no more descriptors for a while
                self._stopped.wait(_RETRY_SECONDS)
                continue
            exchange = exchange or _exchange(self._respond)
            self._room.acquire()
            try:
                _in_thread(partial(self._answer, exchange, connection, address))
            except RuntimeError:  # no thread to be had just now: whoever asked asks again
                connection.close()
                self._room.release()

    def _answer(
        self, exchange: "type[BaseHTTPRequestHandler]", connection: socket.socket, address: Any
    ) -> None:
        try:
            with connection, suppress(OSError):  # whoever asked has gone
                exchange(connection, address, cast(Any, None))
        finally:
            self._room.release()


def _exchange(respond: Respond) -> "type[BaseHTTPRequestHandler]":
    # Imported with the first request: 10 ms, and more than a megabyte.
    from http.server import BaseHTTPRequestHandler

    class Exchange(BaseHTTPRequestHandler):
        timeout = _PATIENCE_SECONDS

        def do_GET(self) -> None:
            self._send(self._answer(), body=True)

        def do_HEAD(self) -> None:
            self._send(self._answer(), body=False)

        def _answer(self) -> Answer:
            accept, encoding = self.headers.get("Accept", ""), self.headers.get("Accept-Encoding")
            asked = Asked(self.path.partition("?")[0], accept, encoding or "")
            try:
                return respond(asked)
            except Exception as error:  # noqa: BLE001 -- a fault of ours must not end the thread mute
                event("answer_failed", level="error", path=asked.path, raised=error)
                return Answer(500, b"this is a bug: the worker's log says more\n")

        def _send(self, answer: Answer, *, body: bool) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            if answer.encoding:
                self.send_header("Content-Encoding", answer.encoding)
            self.end_headers()
            if body:
                self.wfile.write(answer.body)

        def version_string(self) -> str:
            return "giveway"

        def log_message(self, *_: object) -> None:
            """A line for every probe would drown all others."""

    return Exchange


def _listen(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise  # a machine may have IPv6 compiled in and switched off
    return socket.create_server(("", port))


def _in_thread(target: Callable[[], None]) -> None:
    threading.Thread(target=target, name="giveway-probes", daemon=True).start()
