"""The rules of the house that a linter does not know."""

import ast
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGE, ROOT, inside, sources

LONGEST = 300
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
CLOCK = PACKAGE / "clock.py"

# What reads or waits on a clock. A wait with a time-out on a lock, a socket or a queue is not here:
# it ends by its own signal.
CLOCK_MODULES = {"time", "sched"}
CLOCK_CALLS = {"now", "utcnow", "today"}


def clock_readings(source: str) -> list[int]:
    """The lines of a program that read a clock of their own."""
    nodes = ast.walk(ast.parse(source))
    return sorted(
        {
            node.lineno
            for node in nodes
            if isinstance(node, ast.stmt | ast.expr) and _reads_clock(node)
        }
    )


def _reads_clock(node: ast.stmt | ast.expr) -> bool:
    match node:
        case ast.Import(names=names):
            return any(name.name in CLOCK_MODULES for name in names)
        case ast.ImportFrom(module=module):
            return module in CLOCK_MODULES
        case ast.Call(func=ast.Attribute(attr=called, value=ast.Name(id="datetime" | "date"))):
            return called in CLOCK_CALLS
        case ast.Call(func=ast.Attribute(attr=called, value=ast.Attribute(attr="datetime"))):
            return called in CLOCK_CALLS
        case ast.Call(func=ast.Attribute(attr="time", value=ast.Name(id="loop"))):
            return True
    return False


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "from time import monotonic",
        "datetime.now()",
        "datetime.datetime.utcnow()",
        "date.today()",
        "loop.time()",
    ],
)
def test_reading_a_clock_is_noticed(line: str) -> None:
    assert clock_readings(f"x = 1\n{line}") == [2]


def test_nobody_reads_a_clock_outside_clock_py() -> None:
    # A link is an example that travels with the package: a user's program, which has no clock.py.
    ours = [path for path in sources(".py") if path != CLOCK and not path.is_symlink()]
    found = {inside(path): clock_readings(path.read_text()) for path in ours}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    lengths = {inside(path): len(path.read_text().splitlines()) for path in sources(".py", ".lua")}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_file_is_named_by_its_noun() -> None:
    assert [inside(path) for path in sources(".py") if path.stem in VAGUE] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [
        inside(path)
        for path in sources(".py")
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ] == []


def test_every_room_is_a_package() -> None:
    # import-linter does not see a folder without __init__.py, and so holds no floor in it.
    folders = {path.parent for path in sources(".py")}
    assert [inside(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("root", ["worker", "operator"])
def test_a_source_root_is_not_a_package(root: str) -> None:
    # `operator/__init__.py` would shadow Python's own operator wherever the project's root is on
    # the path, and with it half of the standard library.
    assert not (ROOT / root / "__init__.py").exists()


def test_nothing_in_the_project_names_a_path_of_somebodys_machine() -> None:
    texts = [*sources(".py", ".lua"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    homes = ("/home/", "/root/", "/Users/", "/work/")
    assert [inside(path) for path in texts if _mentions(path, homes)] == []


def _mentions(path: Path, words: tuple[str, ...]) -> bool:
    text = path.read_text()
    return any(word in text for word in words)
