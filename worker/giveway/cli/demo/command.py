"""`giveway demo`: the acts in their order, then the checks and the summary."""

from pathlib import Path
from typing import Annotated

import typer

CHANNELS = 200


def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR",
            help="Work in this new or empty folder instead of a temporary one.",
            show_default=False,
        ),
    ] = None,
    *,
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines of a log; chosen by itself without a terminal.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the files, and say where.")] = False,
    channels: Annotated[
        int,
        typer.Option(
            min=40, max=800, metavar="N", help="So many packages in the batch, 8 MB each."
        ),
    ] = CHANNELS,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Save the screen as SVG while a batch has given way."),
    ] = None,
) -> int:
    """See it: a batch of 200 packages gives way to urgent ones, and a process is killed.

    Starts an embedded Valkey and a worker with two processes, makes a master archive of 8 MB and
    200 packages from it, orders urgent ones meanwhile, kills a process with -9 in the middle, and
    checks every archive at the end. Takes less than a minute and 2.5 GB, and removes what it made.

    For example:

        giveway demo

        giveway demo --plain --keep packages   # as a log; look at the files afterwards

        giveway demo --channels 60             # shorter, on less disk
    """
    from giveway.cli.demo.play import play

    return play(folder, keep=keep, channels=channels, plain=plain, picture=picture)
