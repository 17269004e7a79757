"""The thread that talks to Redis, so that the screen and its keys never wait for it.

Model: wishes come in, news go out. It looks every `interval`, and at once after it has acted, so
that the screen shows what a key has done. Looks are spaced so that reading takes at most a
twentieth of the time: however slow Redis or however large the queue, watching stays cheap.

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
_STOP_SECONDS = 0.5

News = Look | Trouble | Said


@dataclass(frozen=True, slots=True)
class Broken:
    """A mistake of ours, which belongs on the screen's thread."""

    error: Exception


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
                self._tell(self._look())
                took = clock.monotonic() - began
                try:
                    wish = self._wishes.get(timeout=max(self._interval - took, _LEISURE * took))
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
