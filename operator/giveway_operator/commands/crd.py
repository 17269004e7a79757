"""`giveway crd`: the definition of PriorityQueue, and checking of files before they are applied."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from giveway.cli.options import Json
from giveway.errors import GivewayError

if TYPE_CHECKING:
    from giveway_operator.crd.check import Checked

app = typer.Typer(
    help="The resource PriorityQueue: its definition for Kubernetes, and checking of your files.",
    no_args_is_help=True,
)


@app.command("print")
def print_() -> None:
    """Print the CustomResourceDefinition as YAML.

    For example:

        giveway crd print | kubectl apply -f -
    """
    from giveway_operator.crd.packaged import packaged

    sys.stdout.write(packaged())


@app.command()
def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="YAML or JSON files; - is standard input."),
    ],
    *,
    as_json: Json = False,
) -> int:
    """Say all that is wrong with PriorityQueues in files, as the API server would, without one.

    Unknown fields are wrong too. Other kinds are passed over. Exit code 1 if anything is wrong.

    For example:

        giveway crd check shop.yaml

        giveway crd check deploy/*.yaml --json

        helm template shop | giveway crd check -
    """
    looked = [(name, _look(name)) for name in files]
    wrong = sum(len(each.problems) for _, each in looked)
    if as_json:
        _print_json(looked)
    else:
        for name, each in looked:
            _print(name, each)
    return int(wrong > 0)


def _look(name: str) -> "Checked":
    text = _text(name)
    try:
        from giveway_operator.crd.check import check as look
    except ModuleNotFoundError as absent:
        raise GivewayError(f"{absent.name} is missing: pip install 'giveway[operator]'") from None
    return look(text)


def _text(name: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode()  # the mark that editors on Windows put before it is YAML's to pass over
    except OSError as error:
        raise GivewayError(f"cannot read {name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise GivewayError(f"cannot read {name}: it is no text in UTF-8") from None


def _print(name: str, checked: "Checked") -> None:
    for line, what in checked.others:
        print(f"{name}:{line}: {what}: passed over")
    for one in checked.problems:
        place = [f"{name}:{one.line}", one.resource, one.field, one.message]
        print(": ".join(part for part in place if part))
    for resource in checked.right:
        print(f"{name}: {resource}: right")
    if not checked.right and not checked.problems:
        print(f"{name}: no PriorityQueue")


def _print_json(looked: "list[tuple[str, Checked]]") -> None:
    from giveway.cli.terminal import print_json

    print_json(
        {
            "files": [
                {
                    "file": name,
                    "right": list(each.right),
                    "problems": [
                        {
                            "line": one.line,
                            "resource": one.resource or None,
                            "field": one.field or None,
                            "message": one.message,
                        }
                        for one in each.problems
                    ],
                    "passed_over": [{"line": line, "what": what} for line, what in each.others],
                }
                for name, each in looked
            ]
        }
    )
