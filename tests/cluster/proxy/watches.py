"""A watch on its way through the proxy: the server's events, until somebody ends it."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException, HTTPResponse

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close sends RST instead of FIN


class OpenWatch:
    """One answer that goes on. Every method may be called from any thread.

    The client's connection is not used again after a watch, so that its end can be waited for.
    """

    def __init__(self, client: socket.socket, upstream: socket.socket) -> None:
        self._client, self._upstream = client, upstream
        self._writing = threading.Lock()
        self._over = False  # said its last chunk, or cut: nothing may follow
        self.silent = False

    def begin(self, head: bytes, opened: Callable[["OpenWatch"], None]) -> None:
        """Whoever has received the head finds this watch among the open ones; whoever finds it
        there speaks after the head."""
        with self._writing:
            opened(self)
            self._client.sendall(head)

    def carry(self, response: HTTPResponse) -> None:
        """Pass on what comes, until either side has gone."""
        minder = threading.Thread(target=self._mind_client, daemon=True)
        minder.start()
        with suppress(OSError, HTTPException, ValueError):
            while data := response.read1(65536):
                if not self.silent:
                    self._chunk(data)
            if not self.silent:
                self._chunk(b"", last=True)
        if not self.silent:  # else nobody hears that the server has ended it
            wake(self._client)
        minder.join()

    def say(self, event: bytes) -> None:
        """An event of our own, after which the answer ends as it does on a real server."""
        with suppress(OSError):
            self._chunk(event)
            self._chunk(b"", last=True)
        wake(self._client)
        wake(self._upstream)

    def cut(self) -> None:
        """The connection ends, with RST, in the middle of the answer."""
        with self._writing:
            self._over = True
        reset_at_close(self._client)
        wake(self._client)
        wake(self._upstream)

    def _chunk(self, data: bytes, *, last: bool = False) -> None:
        with self._writing:
            if not self._over:
                self._client.sendall(b"%x\r\n%s\r\n" % (len(data), data))
            self._over |= last

    def _mind_client(self) -> None:
        """A client that goes away while nothing happens must not leave its watch on the server."""
        with suppress(OSError):
            self._client.recv(1, socket.MSG_PEEK)
        wake(self._upstream)


def reset_at_close(sock: socket.socket) -> None:
    with suppress(OSError):  # closed already
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def wake(sock: socket.socket) -> None:
    """End whoever sits in recv on it; closing alone does not. Nothing is sent to the other side.

    Not the method of a TLS socket, which would take the decryption away under its reader.
    """
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RD)
