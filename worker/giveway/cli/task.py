"""`giveway task`: look at one task, cancel some, run a dead or delayed one again."""

from typing import Annotated

import typer

from giveway.cli.open_queue import open_queue
from giveway.cli.options import Json, Queue, RedisUrl

app = typer.Typer(help="Look at tasks, cancel them, run them again.", no_args_is_help=True)

Ids = Annotated[list[str], typer.Argument(metavar="ID", help="Tasks.", show_default=False)]
Id = Annotated[str, typer.Argument(metavar="ID", help="A task.", show_default=False)]


@app.command()
def show(id: Id, *, queue: Queue = None, redis_url: RedisUrl = None, as_json: Json = False) -> None:
    """Show everything that is known of a task.

    For example:

        giveway task show nightly-10086 --queue packaging
    """
    from giveway.cli.record import show_task

    with open_queue(queue, redis_url) as opened:
        show_task(opened, id, as_json=as_json)


@app.command()
def cancel(
    ids: Ids, *, queue: Queue = None, redis_url: RedisUrl = None, as_json: Json = False
) -> int:
    """Cancel tasks.

    What waits is settled at once; what runs learns of it at its next checkpoint or renewal.

    For example:

        giveway task cancel nightly-10086 --queue packaging
    """
    from giveway.cli.record import check_id
    from giveway.cli.terminal import complain, print_json
    from giveway.core.task import Cancelled

    words = {
        Cancelled.CANCELLED: "cancelled",
        Cancelled.REQUESTED: "is running and was asked to stop",
        Cancelled.FINISHED: "has finished already",
        Cancelled.GONE: "is not known: never there, or not kept",
    }
    wanted = [check_id(id) for id in ids]
    with open_queue(queue, redis_url) as opened:
        answers = opened.ask(lambda request: opened.commands.cancel(request, wanted))
    if as_json:
        print_json(
            [{"id": id, "answer": answer.value} for id, answer in zip(wanted, answers, strict=True)]
        )
    failed = False
    for id, answer in zip(wanted, answers, strict=True):
        refused = answer in (Cancelled.FINISHED, Cancelled.GONE)
        failed |= refused
        if refused:
            complain(f"{id} {words[answer]}")
        elif not as_json:
            print(f"{id} {words[answer]}")
    return int(failed)


@app.command()
def retry(
    ids: Ids, *, queue: Queue = None, redis_url: RedisUrl = None, as_json: Json = False
) -> int:
    """Run dead tasks again, or delayed ones now.

    They wait at the tail of their tier with their failures forgotten; a batch keeps its place.

    For example:

        giveway task retry nightly-10086 --queue packaging
    """
    from giveway.cli.redrive import redrive_named

    with open_queue(queue, redis_url) as opened:
        return redrive_named(opened, ids, drop=False, as_json=as_json)


@app.command()
def items(
    id: Id,
    *,
    retry: Annotated[
        bool, typer.Option("--retry", help="Run them again, and nothing else of the batch.")
    ] = False,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> None:
    """Show the items that a batch skipped because they failed, or run them again.

    For example:

        giveway task items nightly-10086 --queue packaging --retry
    """
    from giveway.cli.dead_items import retry_items, show_items

    with open_queue(queue, redis_url) as opened:
        (retry_items if retry else show_items)(opened, id, as_json=as_json)
