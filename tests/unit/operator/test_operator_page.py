"""docs/operator.md names every line that the operator may write, with its levels, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "operator.md").read_text()
EVENTS = "giveway.telemetry.events"
# Of the worker's, who serves metrics and probes for the operator as well.
SHARED = ROOT / "worker" / "giveway" / "telemetry" / "listener.py"


def in_the_source() -> dict[str, set[str]]:
    """The name and the levels of every event that the operator writes."""
    found: dict[str, set[str]] = {}
    for path in [*(ROOT / "operator" / "giveway_operator").rglob("*.py"), SHARED]:
        for name, levels in written(ast.parse(path.read_text())):
            found.setdefault(name, set()).update(levels)
    return found


def written(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    names = called(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[first, *_], keywords=keywords):
                if name in names:
                    level = next((one.value for one in keywords if one.arg == "level"), None)
                    levels = {"info"} if level is None else words(level)
                    yield from ((word, levels) for word in words(first))


def called(tree: ast.Module) -> set[str]:
    """What a module calls the function, if it has it."""
    return {
        one.asname or one.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == EVENTS
        for one in node.names
        if one.name == "event"
    }


def words(node: ast.expr) -> set[str]:
    """The words that an expression may be."""
    match node:
        case ast.Constant(value=str(word)):
            return {word}
        case ast.IfExp(body=one, orelse=other):
            return words(one) | words(other)
    raise AssertionError(f"line {node.lineno}: say the word itself: {ast.unparse(node)}")


def on_the_page() -> dict[str, set[str]]:
    row = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| ([a-z, ]+) \| .+ \| .*\|$", re.MULTILINE)
    return {
        name: set(levels.split(", "))
        for names, levels in row.findall(PAGE)
        for name in re.findall(r"\w+", names)
    }


def test_the_page_has_every_line_that_the_operator_may_write_and_no_other() -> None:
    assert set(on_the_page()) == set(in_the_source())


def test_the_page_tells_the_level_of_each() -> None:
    assert on_the_page() == in_the_source()


def test_every_link_of_the_page_leads_somewhere() -> None:
    titles = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
    for page in re.findall(r"\]\(([\w/.-]+\.md)", PAGE):
        assert (ROOT / "docs" / page).is_file(), page
