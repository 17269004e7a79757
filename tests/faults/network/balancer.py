"""A load balancer that ends what has been idle for too long, in one of three ways."""

import threading
from types import TracebackType
from typing import Literal

from tests.proxy import Proxy

Way = Literal["reset", "close", "silence"]
IDLE_SECONDS = 1.0


class Balancer:
    """Goes over the proxy's connections until the end of the block."""

    def __init__(self, proxy: Proxy, way: Way) -> None:
        self._proxy, self._way = proxy, way
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.cuts = 0

    def __enter__(self) -> "Balancer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.05):
            if self._way == "silence":
                self.cuts += self._proxy.forget_idle(longer_than=IDLE_SECONDS)
            else:
                reset = self._way == "reset"
                self.cuts += self._proxy.cut_idle(longer_than=IDLE_SECONDS, reset=reset)
