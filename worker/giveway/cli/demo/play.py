"""Sets the stage, has the acts performed before an audience, and sums up."""

import sys
from contextlib import ExitStack
from pathlib import Path

from giveway import clock
from giveway.cli.demo import stage as stages
from giveway.cli.demo.audience import Audience, Photographer
from giveway.cli.demo.plain import Plain
from giveway.cli.demo.scene import Scene
from giveway.cli.demo.stage import Stage
from giveway.cli.demo.summary import show
from giveway.cli.interrupts import stopped_by_signals
from giveway.cli.terminal import console

_EXTRA_PACKAGES = 80  # urgent ones, last week's, and those of the second act


def play(
    place: Path | None, *, keep: bool, channels: int, plain: bool, picture: Path | None
) -> int:
    """The whole demo; returns the exit code. `place`: where to work, None = a temporary folder."""
    from giveway.testing import embedded_server

    started = clock.monotonic()
    with ExitStack() as cleaning:
        enter = cleaning.enter_context
        enter(stopped_by_signals())
        folder = enter(stages.folder(place, keep=keep, packages=channels + _EXTRA_PACKAGES))
        audience = enter(_audience(plain=plain))
        if picture is not None:
            audience = Photographer(audience, picture)
        audience.show(Scene("starting Valkey, making the master package", 0.0))
        stage = Stage(folder, enter(embedded_server()).url)
        stage.packages.mkdir()
        stage.enter()  # before the program is imported, which then reads where it is
        from giveway.cli.demo.performance import Performance

        report = Performance(stage, audience, channels=channels).report(started)
    show(report, console())
    if keep:
        print(f"The files are in {folder}")
    return 0 if report.passed else 1


def _audience(*, plain: bool) -> Audience:
    if plain or not sys.stdout.isatty():
        return Plain()
    from giveway.cli.demo.screen import Screen

    return Screen(console())
