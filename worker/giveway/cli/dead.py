"""`giveway dead`: the tasks that failed for good; look at them, run them again, drop them."""

from typing import Annotated

import typer

from giveway.cli.open_queue import open_queue
from giveway.cli.options import Json, Queue, RedisUrl
from giveway.cli.usage import WrongUsage

app = typer.Typer(help="Look at dead tasks, run them again, drop them.", no_args_is_help=True)

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Dead tasks.", show_default=False)
]
All = Annotated[bool, typer.Option("--all", help="All dead tasks of the queue.")]


@app.command("list")
def list_dead(
    *,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, metavar="N", help="At most so many.")
    ] = 50,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> None:
    """List dead tasks, the one that died last first.

    For example:

        giveway dead list --queue packaging --limit 10
    """
    from giveway.cli.dead_list import show_dead

    with open_queue(queue, redis_url) as opened:
        show_dead(opened, limit=limit, as_json=as_json)


@app.command()
def retry(
    ids: Ids = None,
    *,
    everything: All = False,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> int:
    """Run dead tasks again.

    They wait at the tail of their tier with their failures forgotten; a batch keeps its place.

    For example:

        giveway dead retry 0d1o8s7m2l3k --queue packaging

        giveway dead retry --all --queue packaging
    """
    return _redrive(
        ids, everything=everything, queue=queue, redis_url=redis_url, drop=False, as_json=as_json
    )


@app.command()
def drop(
    ids: Ids = None,
    *,
    everything: All = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before dropping all.")
    ] = False,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> int:
    """Delete dead tasks for ever.

    For example:

        giveway dead drop 0d1o8s7m2l3k --queue packaging

        giveway dead drop --all --yes --queue packaging
    """
    if everything and not ids and not yes:
        import sys

        if not sys.stdin.isatty():
            raise WrongUsage("dropping all dead tasks cannot be undone: say --yes as well")
        typer.confirm("Delete all dead tasks for ever?", abort=True)
    return _redrive(
        ids, everything=everything, queue=queue, redis_url=redis_url, drop=True, as_json=as_json
    )


def _redrive(
    ids: list[str] | None,
    *,
    everything: bool,
    queue: str | None,
    redis_url: str | None,
    drop: bool,
    as_json: bool,
) -> int:
    from giveway.cli.redrive import redrive_all, redrive_named

    if bool(ids) == everything:
        raise WrongUsage("name the tasks, or say --all (one of the two)")
    with open_queue(queue, redis_url) as opened:
        if ids:
            return redrive_named(opened, ids, drop=drop, as_json=as_json)
        return redrive_all(opened, drop=drop, as_json=as_json)
