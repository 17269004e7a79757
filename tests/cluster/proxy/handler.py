"""One connection of a client: its requests one after the other, passed on or not."""

import ssl
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler
from typing import Protocol
from urllib.parse import urlsplit

from tests.cluster.proxy.faults import Answer, Cut, Delay, Expire, Fault, Hang, Silence
from tests.cluster.proxy.request import Request
from tests.cluster.proxy.watches import OpenWatch, reset_at_close

_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class Desk(Protocol):
    """What a handler asks the proxy."""

    server_url: str
    ca_pem: str | None

    def arrived(self, method: str, target: str) -> tuple[Request, Fault | None]:
        """What it is, and what becomes of it; counted."""
        ...

    def answered(self, request: Request, status: int) -> None: ...

    def wait(self, seconds: float | None = None) -> None:
        """At most until the proxy is stopped."""
        ...

    def opened(self, watch: OpenWatch) -> None: ...

    def closed(self, watch: OpenWatch) -> None: ...


class Handler(BaseHTTPRequestHandler):
    """Made by the HTTP server for each connection, in a thread of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    desk: Desk  # of a subclass that the proxy makes

    def setup(self) -> None:
        super().setup()
        address, ca_pem = urlsplit(self.desk.server_url), self.desk.ca_pem
        host, port = address.hostname or "", address.port
        self._upstream = HTTPConnection(host, port)
        if address.scheme == "https":
            context = ssl.create_default_context(cadata=ca_pem)
            self._upstream = HTTPSConnection(host, port, context=context)

    def finish(self) -> None:
        self._upstream.close()
        with suppress(OSError):  # the client has gone
            super().finish()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request, fault = self.desk.arrived(self.command, self.path)
        match fault:
            case Answer():
                self._answer(request, fault)
            case Hang(forwarded):
                self._forward_unheard(body, forwarded=forwarded)
                self.desk.wait()
                self._cut()
            case Cut(forwarded):
                self._forward_unheard(body, forwarded=forwarded)
                self._cut()
            case Delay(seconds):
                self.desk.wait(seconds)
                self._pass(request, body, None)
            case _:
                self._pass(request, body, fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _pass(self, request: Request, body: bytes, fault: Fault | None) -> None:
        try:
            response = self._ask(body)
            self.desk.answered(request, response.status)
            if request.verb == "watch" and response.status == 200:
                self._watch(response, fault)
            else:
                self._send(response.status, passed_on(response), response.read())
        except (OSError, HTTPException):
            self._cut()  # one of the two has gone: the other must not think all is well

    def _ask(self, body: bytes) -> HTTPResponse:
        headers = [
            (name, value)
            for name, value in self.headers.items()
            if name.lower() not in _OF_ONE_CONNECTION
        ]
        self._upstream.request(self.command, self.path, body=body or None, headers=dict(headers))
        return self._upstream.getresponse()

    def _forward_unheard(self, body: bytes, *, forwarded: bool) -> None:
        """The server does it, and its answer is lost."""
        if forwarded:
            with suppress(OSError, HTTPException):
                self._ask(body).read()

    def _watch(self, response: HTTPResponse, fault: Fault | None) -> None:
        self.close_connection = True
        watch = OpenWatch(self.connection, self._upstream.sock)
        watch.silent = isinstance(fault, Silence)
        head = self._head(200, [*passed_on(response), ("Transfer-Encoding", "chunked")])
        try:
            watch.begin(head, self.desk.opened)
            if isinstance(fault, Expire):
                watch.say(fault.event)
            watch.carry(response)
        finally:
            self.desk.closed(watch)

    def _answer(self, request: Request, fault: Answer) -> None:
        headers = [("Content-Type", "application/json")]
        if fault.retry_after_seconds is not None:
            headers.append(("Retry-After", str(fault.retry_after_seconds)))
        self.desk.answered(request, fault.status)
        with suppress(OSError):
            self._send(fault.status, headers, fault.body)

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        head = self._head(status, [*headers, ("Content-Length", str(len(body)))])
        self.connection.sendall(head + body)

    def _head(self, status: int, headers: list[tuple[str, str]]) -> bytes:
        written = [f"{name}: {value}" for name, value in headers]
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('',))[0]}", *written]
        if self.close_connection:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _cut(self) -> None:
        reset_at_close(self.connection)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Not to stderr; the proxy keeps its own list."""


def passed_on(response: HTTPResponse) -> list[tuple[str, str]]:
    """The server's headers without those that are about its own connection: the body is sent on
    in another form than it came in (a long answer comes in chunks)."""
    return [(n, v) for n, v in response.getheaders() if n.lower() not in _OF_ONE_CONNECTION]
