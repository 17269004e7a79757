"""`giveway enqueue`: put a task on a queue, or a hundred thousand of them.

Without `--app` the command knows the queue only: the arguments are strict JSON, and whether they
fit is seen by the worker. With `--app` they are checked against the task's signature first.
"""

from typing import Annotated

import typer

from giveway.cli.options import Json, Queue, RedisUrl


def enqueue(
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="The name of the task.", show_default=False)
    ],
    arguments: Annotated[
        str,
        typer.Argument(
            metavar="ARGS-JSON",
            help="A JSON object of named arguments, with --app also an array; - reads stdin.",
        ),
    ] = "{}",
    *,
    tier: Annotated[
        str | None,
        typer.Option(
            metavar="TIER", help="With --app the task's own, else normal.", show_default=False
        ),
    ] = None,
    delay: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="Not to start before.", show_default=False),
    ] = None,
    id: Annotated[
        str | None,
        typer.Option("--id", metavar="ID", help="A unique id of your own.", show_default=False),
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, metavar="N", help="So many equal tasks.", show_default=False)
    ] = 1,
    app: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:APP",
            help="Check the arguments against this app's task; it also names the queue.",
            show_default=False,
        ),
    ] = None,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> None:
    """Put a task on a queue and print its id.

    For example:

        giveway enqueue build_one '{"package_id": 1, "channel": 3}' --queue packaging --tier high

        giveway enqueue build_one '[1, 3]' --app shop.tasks:app

        giveway enqueue nightly --delay 3600 --id nightly-10086 --queue packaging

        giveway enqueue noop --count 100000 --queue packaging
    """
    from giveway.cli.enqueuing import Wish, send

    wish = Wish(task, arguments, tier=tier, delay=delay, id=id, count=count)
    send(wish, app=app, queue=queue, redis_url=redis_url, as_json=as_json)
