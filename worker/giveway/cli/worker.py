"""`giveway worker`: runs the tasks of an app until it is told to stop.

The command only reads its arguments; everything else is `runtime/worker.py`.
"""

import gc
import os
import signal
import sys
from typing import Annotated

import typer

from giveway.cli.options import RedisUrl


def work(
    target: Annotated[
        str,
        typer.Argument(metavar="MODULE:APP", help="The app to run.", show_default=False),
    ],
    *,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Child processes (GIVEWAY_PROCESSES), else 1.",
            show_default=False,
        ),
    ] = None,
    slots: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Tasks at a time in each of them (GIVEWAY_SLOTS), else 1.",
            show_default=False,
        ),
    ] = None,
    tiers: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Serve only these tiers (GIVEWAY_WORKER_TIERS), else all.",
            show_default=False,
        ),
    ] = None,
    max_tasks: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Replace a process after about so many tasks (GIVEWAY_MAX_TASKS).",
            show_default=False,
        ),
    ] = None,
    max_memory: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="MIB",
            help="Replace a process that holds about so much memory (GIVEWAY_MAX_MEMORY_MB).",
            show_default=False,
        ),
    ] = None,
    max_age: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            metavar="SECONDS",
            help="Replace a process that is about so old (GIVEWAY_MAX_AGE_SECONDS).",
            show_default=False,
        ),
    ] = None,
    burst: Annotated[
        bool, typer.Option("--burst", help="Leave, with exit code 0, when the queue is drained.")
    ] = False,
    reload: Annotated[
        bool,
        typer.Option(
            "--reload", help="Start anew when a Python file changes, for development (watchfiles)."
        ),
    ] = False,
    redis_url: RedisUrl = None,
) -> int:
    """Run the tasks of an app.

    A supervisor and its child processes; SIGTERM lets running tasks finish and batches move on.

    For example:

        giveway worker shop.tasks:app --processes 4

        giveway worker shop.tasks:app --tiers high   # reserved for them

        giveway worker shop.tasks:app --burst        # until it is drained

        giveway worker shop.tasks:app --reload       # while you write it
    """
    if reload:
        from giveway.cli.reload import run_reloading

        return run_reloading(target, sys.argv[1:], burst=burst)
    _leave_when_told()
    gc.disable()  # until the children are forked: of what is imported now nothing is garbage
    from giveway.cli.target import find_app
    from giveway.runtime.worker import run_worker

    find_app(target)  # in one line if it fails; the worker then finds it imported
    return run_worker(
        target,
        burst=burst,
        processes=processes,
        slots=slots,
        worker_tiers=None if tiers is None else tuple(map(str.strip, tiers.split(","))),
        max_tasks=max_tasks,
        max_memory_mb=max_memory,
        max_age_seconds=max_age,
        redis_url=redis_url,
    )


def _leave_when_told() -> None:
    """Until the supervisor listens: the first process of a container is deaf to SIGTERM otherwise.

    Nothing is in hand yet, so there is nothing to wait for.
    """
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
