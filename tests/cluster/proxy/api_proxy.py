"""The proxy itself: which faults there are, which requests there were, and the connections.

Invariants: a request without a fault is answered with the server's own status, headers and bytes;
requests of one connection stay in order; `stop` ends every thread and socket and may be called
twice; after `heal` new requests are passed on (what hangs goes on hanging, as on a real network).
"""

import socket
import sys
import threading
import time
import traceback
from collections import Counter
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from tests.cluster.cluster import Cluster
from tests.cluster.kubeconfig import write_kubeconfig
from tests.cluster.proxy.faults import Fault, Injected, error_event
from tests.cluster.proxy.handler import Handler
from tests.cluster.proxy.request import Request, read_request
from tests.cluster.proxy.watches import OpenWatch, reset_at_close, wake


class ApiProxy:
    """In front of a cluster's API server. Life: `start`, `stop` (both idempotent), or `with`."""

    def __init__(self, cluster: Cluster) -> None:
        self.server_url, self.ca_pem = cluster.server, cluster.ca_pem
        self.requests: list[Request] = []
        self.statuses: Counter[tuple[str, str, int]] = Counter()  # verb, resource, status
        self._cluster = cluster
        self._lock = threading.Lock()
        self._faults: list[Injected] = []
        self._watches: set[OpenWatch] = set()
        self._stopped = threading.Event()
        self._server: _Server | None = None

    # Life

    def start(self) -> "ApiProxy":
        """Listen on a free port of the loopback interface."""
        if self._server is None:
            self._server = _Server(("127.0.0.1", 0), type("Bound", (Handler,), {"desk": self}))
            serve = self._server.serve_forever
            self._thread = threading.Thread(target=serve, kwargs={"poll_interval": 0.05})
            self._thread.start()
        return self

    def stop(self) -> None:
        """Close everything and wait for every thread."""
        if self._server is None or self._stopped.is_set():
            return
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self.cut_watches()
        self._server.hang_up()
        self._server.server_close()  # waits for the threads
        assert not self._server.errors, self._server.errors[0]

    def __enter__(self) -> "ApiProxy":
        return self.start()

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where clients connect to; plain HTTP."""
        assert self._server is not None, "start the proxy first"
        return f"http://127.0.0.1:{self._server.server_port}"

    def kubeconfig(self, path: Path, *, token: str | None = None) -> Path:
        """Written to `path`: through this proxy as who has the token (default: administrator)."""
        return write_kubeconfig(path, server=self.url, token=token or self._cluster.token)

    # Faults

    def inject(
        self,
        fault: Fault,
        *,
        verb: str | None = None,
        resource: str | None = None,
        namespace: str | None = None,
        name: str | None = None,
        times: int | None = None,
    ) -> Injected:
        """This happens to requests that fit, `times` times (None: until `heal`). What is injected
        first is asked first. Verbs are those of RBAC; `resource` is like `deployments/scale`."""
        wanted = {"verb": verb, "resource": resource, "namespace": namespace, "name": name}
        filters = {key: value for key, value in wanted.items() if value is not None}

        def fits(request: Request) -> bool:
            return all(getattr(request, key) == value for key, value in filters.items())

        injected = Injected(fault, fits, times)
        with self._lock:
            self._faults.append(injected)
        return injected

    def heal(self) -> None:
        """Pass on every new request."""
        with self._lock:
            self._faults.clear()

    def silence_watches(self) -> int:
        """The open ones say nothing more and stay open; how many they were. New ones do speak."""
        watches = self._open()
        for watch in watches:
            watch.silent = True
        return len(watches)

    def cut_watches(self) -> int:
        """The open ones end with RST; how many they were."""
        watches = self._open()
        for watch in watches:
            watch.cut()
        return len(watches)

    def expire_watches(self, status: int = 410) -> int:
        """The open ones end with an ERROR event; how many they were."""
        watches = self._open()
        for watch in watches:
            watch.say(error_event(status))
        return len(watches)

    # What there was

    @property
    def watches(self) -> int:
        """How many are open now."""
        return len(self._open())

    def seen(
        self, verb: str | None = None, resource: str | None = None, *, since: float = 0.0
    ) -> list[Request]:
        """Requests of this kind, as they arrived; `since` is monotonic seconds."""
        with self._lock:
            return [
                each
                for each in self.requests
                if verb in {None, each.verb}
                and resource in {None, each.resource}
                and each.at >= since
            ]

    def writes(self, *, since: float = 0.0) -> Counter[tuple[str, str]]:
        """How many of each verb and resource that change something."""
        return Counter((e.verb, e.resource) for e in self.seen(since=since) if e.is_write)

    # What handlers ask

    def arrived(self, method: str, target: str) -> tuple[Request, Fault | None]:
        request = read_request(method, target, at=time.monotonic())
        with self._lock:
            self.requests.append(request)
            taken = next((each for each in self._faults if each.takes(request)), None)
        return request, taken.fault if taken else None

    def answered(self, request: Request, status: int) -> None:
        with self._lock:
            self.statuses[request.verb, request.resource, status] += 1

    def wait(self, seconds: float | None = None) -> None:
        self._stopped.wait(seconds)

    def opened(self, watch: OpenWatch) -> None:
        with self._lock:
            self._watches.add(watch)

    def closed(self, watch: OpenWatch) -> None:
        with self._lock:
            self._watches.discard(watch)

    def _open(self) -> list[OpenWatch]:
        with self._lock:
            return list(self._watches)


class _Server(ThreadingHTTPServer):
    """Knows its connections, to end them; a connection that was cut ends without a FIN."""

    request_queue_size = 128
    daemon_threads = False  # so that server_close waits for them

    def __init__(self, address: tuple[str, int], handler: type[Handler]) -> None:
        super().__init__(address, handler)
        self._connections: set[socket.socket] = set()
        self.errors: list[str] = []

    def process_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: object) -> None:
        assert isinstance(request, socket.socket)
        self._connections.discard(request)
        request.close()

    def hang_up(self) -> None:
        for connection in list(self._connections):
            reset_at_close(connection)
            wake(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle of a request is nothing to write about."""
        if not isinstance(sys.exception(), OSError):
            self.errors.append(traceback.format_exc())
