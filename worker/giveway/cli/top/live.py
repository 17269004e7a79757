"""The loop of the live screen: news and keys come in, moments go out to the terminal.

It waits on the keyboard, which rings for news and for a terminal of another size. Whatever ends it,
the terminal is given back: `q` and Ctrl-C, SIGTERM, a closed terminal, a mistake of ours.
"""

import queue
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from giveway import clock
from giveway.cli.drawing import LiveScreen
from giveway.cli.interrupts import stopped_by_signals
from giveway.cli.open_queue import OpenQueue
from giveway.cli.terminal import console
from giveway.cli.top.controls import Controls, Said, Verb, press
from giveway.cli.top.desk import Broken, Desk
from giveway.cli.top.facts import Look, Trouble
from giveway.cli.top.keyboard import Keyboard
from giveway.cli.top.moment import Moment, moment
from giveway.cli.top.past import Past
from giveway.cli.top.picture import picture

_REDRAW_SECONDS = 1.0  # without news: how long Redis has been away grows


def watch(opened: OpenQueue, *, interval: float) -> None:
    """Until somebody quits."""
    with ExitStack() as cleaning:
        enter = cleaning.enter_context
        enter(stopped_by_signals())
        keyboard = Keyboard(sys.stdin.fileno())
        desk = Desk(opened, interval=interval, ring=keyboard.ring)
        enter(keyboard)
        enter(_resized(keyboard))
        screen = enter(LiveScreen(console()))
        desk.start()
        cleaning.callback(desk.stop)
        Viewer(opened.queue, desk, keyboard, screen).run()


class Viewer:
    """What the screen knows between two news."""

    def __init__(self, queue: str, desk: Desk, keyboard: Keyboard, screen: LiveScreen) -> None:
        self._queue, self._desk = queue, desk
        self._keyboard, self._screen = keyboard, screen
        self._past, self._controls = Past(), Controls()
        self._look: Look | None = None
        self._trouble: Trouble | None = None
        self._answered = clock.monotonic()

    def run(self) -> None:
        """Returns when somebody quits or the terminal is gone."""
        while True:
            self._draw()
            try:
                keys = self._keyboard.wait(_REDRAW_SECONDS)
            except EOFError:
                return
            self._learn()
            if not all(map(self._obey, keys)):
                return

    def _learn(self) -> None:
        while True:
            try:
                news = self._desk.news.get_nowait()
            except queue.Empty:
                return
            match news:
                case Look():
                    self._look, self._trouble = news, None
                    self._answered = clock.monotonic()
                    self._past.add(news)
                case Trouble():
                    self._trouble = news
                case Said():
                    self._controls = replace(self._controls, said=news)
                case Broken():
                    raise news.error

    def _obey(self, key: str) -> bool:
        """Whether to go on."""
        tiers, dead = [], 0
        if self._look is not None:
            tiers = [tier.name for tier in self._look.snapshot.tiers]
            dead = self._look.snapshot.dead
        self._controls, wish = press(self._controls, key, tiers=tiers, dead=dead)
        if wish is None:
            return True
        if wish.verb is Verb.QUIT:
            return False
        self._desk.ask(wish)
        return True

    def _draw(self) -> None:
        size = self._screen.size
        self._screen.draw(
            picture(self._moment(), self._controls, width=size.width, height=size.height)
        )

    def _moment(self) -> Moment:
        return moment(
            self._queue,
            self._look,
            self._past,
            trouble=self._trouble,
            now=clock.wall(),
            unanswered_seconds=clock.monotonic() - self._answered,
        )


@contextmanager
def _resized(keyboard: Keyboard) -> Iterator[None]:
    """A window that changes its size is drawn anew."""
    before = signal.signal(signal.SIGWINCH, lambda _number, _frame: keyboard.ring())
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
