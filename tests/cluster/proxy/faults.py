"""What may become of a request, and which requests: values, decided before anything is sent."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.cluster.proxy.request import Request

_REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Not passed on; answered with this status and a `Status` object as a real server sends it."""

    status: int
    retry_after_seconds: int | None = None
    message: str = "injected by a test"

    @property
    def body(self) -> bytes:
        return status_object(self.status, self.message)


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer, ever, and the connection stays open. `forwarded`: the server has done it."""

    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends (RST) instead of an answer. `forwarded`: the server has done it."""

    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Delay:
    """Passed on after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """A watch begins as usual and never says anything."""


@dataclass(frozen=True, slots=True)
class Expire:
    """A watch that begins with an ERROR event (410: what it wants to go on from is forgotten)."""

    status: int = 410

    @property
    def event(self) -> bytes:
        return error_event(self.status)


Fault = Answer | Hang | Cut | Delay | Silence | Expire


class Injected:
    """A fault in its place. `count` says how often it has happened, `happened` that it has."""

    def __init__(self, fault: Fault, fits: Callable[[Request], bool], times: int | None) -> None:
        self.fault, self.count, self.happened = fault, 0, threading.Event()
        self._fits, self._left = fits, times

    def takes(self, request: Request) -> bool:
        """Asked once for every request, by one thread at a time."""
        if self._left == 0 or not self._fits(request):
            return False
        if self._left is not None:
            self._left -= 1
        self.count += 1
        self.happened.set()
        return True

    def end(self) -> None:
        """It happens no more."""
        self._left = 0


def status_object(status: int, message: str) -> bytes:
    """What Kubernetes answers instead of an object."""
    said = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": _REASONS.get(status, "Unknown"),
        "code": status,
    }
    return json.dumps(said).encode()


def error_event(status: int) -> bytes:
    """A line of a watch that ends it."""
    return b'{"type":"ERROR","object":' + status_object(status, "injected by a test") + b"}\n"
