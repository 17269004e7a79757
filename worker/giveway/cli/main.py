"""The command `giveway`: puts the nouns together and turns every error into one line.

Exit codes: 0 done; 1 it failed, and one line on stderr says why; 2 wrong usage; 130 interrupted.
A traceback means a bug in Giveway, never a user's mistake or an absent Redis.

Commands of extras join through the entry-point group `giveway.commands`, so that imports still
point down. An entry is a `typer.Typer` (a noun with verbs) or a function (one command). Modules of
commands import only typer at their top: `giveway worker` must not pay for tables it never draws.
"""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated, NoReturn

import typer

from giveway.cli import clients, dead, enqueue, queue, status, task, worker
from giveway.cli.demo import command as demo
from giveway.cli.doctor import command as doctor
from giveway.cli.terminal import complain
from giveway.cli.top import command as top
from giveway.cli.usage import WrongUsage
from giveway.errors import ArgumentError, ConfigurationError, GivewayError, TiersConflict

# Newer typers carry a click of their own, older ones use the one beside them: the classes are the
# ancestors of the one that both export.
_Usage = typer.BadParameter.__base__
assert _Usage is not None

INTERRUPTED = 130

_HELP = """Low-priority work gives way.

Tasks wait on tiers, workers take the most urgent first, and a long batch gives way between two of
its items when something more urgent arrives.

See it: `giveway demo`. Run it: `giveway worker shop.tasks:app`. Look at it: `giveway top`.

Redis and queue are those of `GIVEWAY_REDIS_URL` and `GIVEWAY_QUEUE`, or of `--redis-url` and
`--queue`.
"""


def main() -> NoReturn:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs one command and returns the exit code."""
    try:
        answer = build()(list(arguments), prog_name="giveway", standalone_mode=False)
    except _Usage as error:  # type: ignore[misc]  # see above
        return _wrong_usage(error)
    except GivewayError as error:
        complain(error)
        return 2 if _is_wrong_usage(error) else 1
    except (KeyboardInterrupt, typer.Abort):  # older typers; newer ones answer with the code
        answer = INTERRUPTED
    except BrokenPipeError:  # `giveway dead list | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if answer == INTERRUPTED:
        complain("interrupted")
    return answer if isinstance(answer, int) else 0


def _say_version(wanted: bool) -> None:  # noqa: FBT001 -- typer calls it
    if wanted:
        python = ".".join(map(str, sys.version_info[:3]))
        print(f"giveway {version('giveway')} (Python {python})")
        raise typer.Exit


def build() -> typer.Typer:
    """The whole command line as one typer application."""
    app = typer.Typer(
        name="giveway",
        help=_HELP,
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_giveway)
    app.command("worker")(worker.work)
    app.command("enqueue")(enqueue.enqueue)
    app.command("status")(status.status)
    app.command("top")(top.top)
    app.add_typer(task.app, name="task")
    app.add_typer(dead.app, name="dead")
    app.add_typer(queue.app, name="queue")
    app.add_typer(clients.app, name="clients")
    app.command("doctor")(doctor.doctor)
    app.command("demo")(demo.demo)
    for entry in sorted(entry_points(group="giveway.commands"), key=lambda entry: entry.name):
        _join(app, entry)
    return app


def _giveway(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    pass  # --version is all that the command by itself can do; its help is that of the typer


def _join(app: typer.Typer, entry: EntryPoint) -> None:
    try:
        command = entry.load()
    except Exception as error:  # noqa: BLE001  # a broken extra must not take the other commands with it
        complain(f"the command {entry.name} of {entry.value} cannot be loaded: {error!r}")
        return
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=entry.name)
    else:
        app.command(entry.name)(command)


def _is_wrong_usage(error: GivewayError) -> bool:
    """Whether the caller could have known better, without a look at the queue."""
    if isinstance(error, TiersConflict):
        return False
    return isinstance(error, WrongUsage | ArgumentError | ConfigurationError)


def _wrong_usage(error: Exception) -> int:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "giveway"
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the whole help, not a mistake
        if message := getattr(error, "message", ""):  # newer ones have printed it themselves
            print(message, file=sys.stderr)
        return 2
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    complain(f"{message.rstrip('.')} ({command} --help explains)")
    return 2


if __name__ == "__main__":
    main()
