"""What a cluster told of changes, and when it did: watches of the API server, each in a thread.

A status has whole seconds; here a change has the instant at which it was heard of, a millisecond or
two after it was made.
"""

import json
import ssl
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPSConnection
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.cluster.cluster import Cluster

Json = dict[str, Any]
_SECONDS = 3600


class Watched:
    """`heard` grows while the block lasts: each change of a collection, and when it was heard."""

    def __init__(self, cluster: Cluster, collection: str) -> None:
        self.heard: list[tuple[float, Json]] = []
        self._connection = _connect(cluster)
        self._path = collection
        self._headers = {"Authorization": f"Bearer {cluster.token}"} if cluster.token else {}
        self._thread = threading.Thread(target=self._listen, name="watch", daemon=True)

    def __enter__(self) -> "Watched":
        self._connection.request("GET", self._path, headers=self._headers)
        now = json.load(self._connection.getresponse())["metadata"]["resourceVersion"]
        query = f"?watch=true&timeoutSeconds={_SECONDS}&resourceVersion={now}"
        self._connection.request("GET", self._path + query, headers=self._headers)
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.read()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sock = self._connection.sock
        sock.shutdown(2)  # ends the read of the thread, which a close would not
        self._thread.join()
        self._connection.close()

    def first(self, wanted: Callable[[Json], bool], *, since: float) -> float | None:
        """When the first object that is as wanted was heard of."""
        return next((at for at, each in self.heard if at >= since and wanted(each)), None)

    def _listen(self) -> None:
        while line := self._next():
            self.heard.append((time.time(), json.loads(line)["object"]))

    def _next(self) -> bytes:
        try:
            return self._answer.readline()
        except (OSError, ValueError):
            return b""


def _connect(cluster: Cluster) -> HTTPConnection:
    address = urlsplit(cluster.server)
    assert address.hostname, cluster.server
    if address.scheme == "http":
        return HTTPConnection(address.hostname, address.port)
    tls = ssl.create_default_context(cadata=cluster.ca_pem)
    return HTTPSConnection(address.hostname, address.port, context=tls)
