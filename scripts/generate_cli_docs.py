"""Writes docs/cli.md from the command line itself, so that the page cannot say something else.

    python scripts/generate_cli_docs.py            write it (`make fix`)
    python scripts/generate_cli_docs.py --check    only compare it (`make check`)

The texts come from the commands' own help; the layout is ours and not that of `--help`, which
depends on the width of a terminal and on the version of typer.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from giveway.cli.main import build

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # what generators share is a module beside them

from scripts.kept import keep  # noqa: E402

PAGE = ROOT / "docs" / "cli.md"

HEAD = """# The command line

<!-- Written by scripts/generate_cli_docs.py from the commands themselves; change those. -->

Exit codes: 0 done, 1 it failed and one line says why, 2 wrong usage, 130 interrupted. Options that
name a setting win over its environment variable.
"""

# Typer's and click's classes differ between versions; what is read here is in all of them.
Command = Any


def commands(command: Command, name: str) -> Iterator[tuple[str, Command]]:
    """Every command that does something, with its full name."""
    nested = getattr(command, "commands", None)
    if not nested:
        yield name, command
        return
    for word, each in nested.items():
        yield from commands(each, f"{name} {word}")


def section(name: str, command: Command) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    usage = " ".join([name, *(["[OPTIONS]"] if options else []), *map(placeholder, arguments)])
    text = inspect.cleandoc(command.help or "").replace("\f", "")
    parts = [f"## {name}", f"```\n{usage}\n```", text, table(arguments, options)]
    return "\n\n".join(part for part in parts if part)


def placeholder(argument: Command) -> str:
    shown = (argument.metavar or argument.name).upper()
    if argument.nargs == -1:
        shown += "..."
    return shown if argument.required else f"[{shown}]"


def table(arguments: list[Command], options: list[Command]) -> str:
    rows = [(f"`{placeholder(each)}`", each) for each in arguments]
    rows += [(option_names(each), each) for each in options]
    lines = [f"| {names} | {meaning(each)} |" for names, each in rows]
    return "\n".join(["| | |", "|---|---|", *lines]) if lines else ""


def option_names(option: Command) -> str:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {option.metavar or option.type.name.upper()}"


def meaning(parameter: Command) -> str:
    text = " ".join((getattr(parameter, "help", None) or "").split()).replace("|", "\\|")
    default = parameter.default
    if default in (None, False, (), []) or callable(default):
        return text
    return f"{text} (default: {default})"


def page() -> str:
    root = typer.main.get_command(build())
    sections = [section(name, command) for name, command in commands(root, "giveway")]
    return "\n\n".join([HEAD.rstrip(), *sections]) + "\n"


if __name__ == "__main__":
    sys.exit(keep(PAGE, page(), source="the commands say"))
