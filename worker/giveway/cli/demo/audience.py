"""Who is shown the scenes: a screen, a log, or either of them with a photographer beside it."""

import re
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from giveway.cli.demo.scene import Scene

_WIDTH, _HEIGHT = 100, 30
# rich lets a picture load its font from a server; ours shows itself with what the reader has.
_FONT_OF_OTHERS = re.compile(r" *@font-face \{.*?\}\n", re.DOTALL)


class Audience(Protocol):
    """A context manager, so that a screen can be left as it was found."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def show(self, scene: Scene) -> None:
        """One more moment."""
        ...


class Photographer:
    """Shows everything on, and keeps the moment in which most is to be seen as an SVG.

    That is: urgent packages wait, a batch has given way for one of them, and a process has been
    killed before.
    """

    def __init__(self, audience: Audience, path: Path) -> None:
        self._audience = audience
        self._path = path
        self._best = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """The audience leaves by itself."""

    def show(self, scene: Scene) -> None:
        self._audience.show(scene)
        suspended = sum(bool(slot.suspended) for slot in scene.slots)
        waiting = scene.tiers[0].depth if scene.tiers else 0
        worth = suspended and scene.urgent_ordered * 100 + suspended * 10 + min(waiting, 9)
        if worth > self._best:
            self._best = worth
            self._take(scene)

    def _take(self, scene: Scene) -> None:
        import io

        from rich.console import Console

        from giveway.cli.demo.screen import draw

        camera = Console(
            record=True, width=_WIDTH, height=_HEIGHT, file=io.StringIO(), force_terminal=True
        )
        camera.print(draw(scene, height=_HEIGHT))
        self._path.write_text(_FONT_OF_OTHERS.sub("", camera.export_svg(title="giveway demo")))
