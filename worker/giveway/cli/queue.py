"""`giveway queue`: pause tiers, let them go on, show or change the list of tiers."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from giveway.cli.open_queue import OpenQueue, open_queue
from giveway.cli.options import Json, Queue, RedisUrl
from giveway.cli.usage import WrongUsage

if TYPE_CHECKING:
    from giveway.core.tiers import Control

app = typer.Typer(help="Pause tiers, resume them, show or change them.", no_args_is_help=True)

Tiers = Annotated[
    list[str] | None, typer.Argument(metavar="TIER", help="Tiers.", show_default=False)
]
All = Annotated[bool, typer.Option("--all", help="Every tier of the queue.")]


@app.command()
def pause(
    tiers: Tiers = None,
    *,
    everything: All = False,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> None:
    """Pause tiers: they accept work and give none out; what runs goes on.

    For example:

        giveway queue pause low --queue packaging
    """
    _set_paused(
        tiers, everything=everything, queue=queue, redis_url=redis_url, paused=True, as_json=as_json
    )


@app.command()
def resume(
    tiers: Tiers = None,
    *,
    everything: All = False,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> None:
    """Let paused tiers go on.

    For example:

        giveway queue resume --all --queue packaging
    """
    _set_paused(
        tiers,
        everything=everything,
        queue=queue,
        redis_url=redis_url,
        paused=False,
        as_json=as_json,
    )


@app.command("tiers")
def show_tiers(
    *,
    wanted: Annotated[
        str | None,
        typer.Option("--set", metavar="A,B,C", help="The new list, the most urgent first."),
    ] = None,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> None:
    """Show the tiers of a queue, or change them.

    A tier that is left out drains: its work is still done, new work is refused, and it vanishes
    when it is empty.

    For example:

        giveway queue tiers --queue packaging

        giveway queue tiers --queue packaging --set urgent,high,normal,low
    """
    with open_queue(queue, redis_url) as opened:
        control = _control(opened) if wanted is None else _set_tiers(opened, wanted)
    _show(control, opened.queue, as_json=as_json)


def _set_paused(
    tiers: list[str] | None,
    *,
    everything: bool,
    queue: str | None,
    redis_url: str | None,
    paused: bool,
    as_json: bool,
) -> None:
    if bool(tiers) == everything:
        raise WrongUsage("name the tiers, or say --all (one of the two)")
    with open_queue(queue, redis_url) as opened:
        known = _control(opened).tiers
        named = tuple(dict.fromkeys(tiers or known))
        _check_known(named, known)
        control = opened.ask(lambda request: opened.commands.pause(request, named, paused))
    _show(control, opened.queue, as_json=as_json)


def _set_tiers(opened: OpenQueue, wanted: str) -> "Control":
    from giveway.core.tiers import check_tiers

    names = check_tiers([name.strip() for name in wanted.split(",")])
    return opened.ask(
        lambda request: opened.commands.configure_tiers(request, tiers=names, role="person")
    )


def _control(opened: OpenQueue) -> "Control":
    from giveway.store import reads

    control = opened.look(reads.control(opened.keys))
    if control is None:
        raise opened.does_not_exist()
    return control


def _check_known(named: tuple[str, ...], known: tuple[str, ...]) -> None:
    from giveway.errors import UnknownTier

    for name in named:
        if name not in known:
            raise UnknownTier(f"there is no tier {name!r}: this queue has {', '.join(known)}")


def _show(control: "Control", queue: str, *, as_json: bool) -> None:
    from giveway.cli.terminal import console, print_json, table

    if as_json:
        print_json({"queue": queue, "owner": control.owner, "tiers": _as_json(control)})
        return
    rows = [(each["name"], each["state"], str(each["limit"] or "-")) for each in _as_json(control)]
    console().print(table("tier", "state", "at most", rows=rows, numbers=("at most",)))


def _as_json(control: "Control") -> list[dict[str, Any]]:
    return [
        {"name": name, "state": _state(control, name), "limit": control.limits.get(name)}
        for name in control.tiers
    ]


def _state(control: "Control", name: str) -> str:
    if name in control.paused:
        return "paused"
    return "draining" if name in control.draining else "open"
