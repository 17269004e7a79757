"""The thread that talks to Redis, so that the screen and its keys never wait for it.

Model: wishes come in, news go out. It looks every `interval`, and at once after it has acted, so
that the screen shows what a key has done. Looks that succeed are spaced so that reading takes a
twentieth of the time (`pause`): however large the queue, watching stays cheap. A look that fails
read nothing, and is repeated soon: whoever waits for Redis to come back wants to see it come back.

Invariants: it never raises; `stop` does not wait for a Redis that does not answer (the thread is a
daemon and holds nothing that must be put back).
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from giveway import clock
from giveway.cli.open_queue import OpenQueue
from giveway.cli.top.actions import act
from giveway.cli.top.controls import Said, Wish
from giveway.cli.top.facts import Look, Trouble
from giveway.cli.top.gather import Gatherer
from giveway.errors import GivewayError
from giveway.store.refusals import Unconfigured

_LEISURE = 19  # as many times as long as a look took is waited after it
_LONGEST_PAUSE_SECONDS = 10.0
_STOP_SECONDS = 0.5

News = Look | Trouble | Said


@dataclass(frozen=True, slots=True)
class Broken:
    """A mistake of ours, which belongs on the screen's thread."""

    error: Exception


def pause(took: float, *, interval: float, succeeded: bool) -> float:
    """How many seconds to wait after a look that took so long."""
    usual = max(0.0, interval - took)
    if not succeeded:
        return max(usual, min(interval, 1.0))
    return max(usual, min(_LEISURE * took, _LONGEST_PAUSE_SECONDS))


class Desk:
    """`ring` is called after each piece of news has been put into `news`."""

    def __init__(self, opened: OpenQueue, *, interval: float, ring: Callable[[], None]) -> None:
        self.news: queue.SimpleQueue[News | Broken] = queue.SimpleQueue()
        self._wishes: queue.SimpleQueue[Wish | None] = queue.SimpleQueue()
        self._opened, self._interval, self._ring = opened, interval, ring
        self._gatherer = Gatherer(opened)
        self._trouble: Trouble | None = None
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    def start(self) -> None:
        """Begins with a look."""
        self._thread.start()

    def ask(self, wish: Wish) -> None:
        """To be done as soon as Redis answers."""
        self._wishes.put(wish)

    def stop(self) -> None:
        """May be called again."""
        self._wishes.put(None)
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        try:
            while True:
                began = clock.monotonic()
                seen = self._look()
                took = clock.monotonic() - began
                self._tell(seen)
                wanted = pause(took, interval=self._interval, succeeded=isinstance(seen, Look))
                try:
                    wish = self._wishes.get(timeout=wanted)
                except queue.Empty:
                    continue
                if wish is None:
                    return
                self._tell(act(self._opened, wish))
        except Exception as error:  # noqa: BLE001  # a silent thread would leave a screen that lies
            self._tell(Broken(error))

    def _look(self) -> Look | Trouble:
        try:
            look = self._gatherer.look()
        except Unconfigured:
            text = str(self._opened.does_not_exist())
            self._trouble = Trouble(text, self._since(away=False), away=False)
            return self._trouble
        except GivewayError as error:
            self._trouble = Trouble(str(error), self._since(away=True))
            return self._trouble
        self._trouble = None
        return look

    def _since(self, *, away: bool) -> float:
        """When this kind of trouble began."""
        before = self._trouble
        return before.since if before and before.away is away else clock.wall()

    def _tell(self, news: News | Broken) -> None:
        self.news.put(news)
        self._ring()
