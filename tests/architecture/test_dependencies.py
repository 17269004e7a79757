"""What pyproject.toml promises about other people's packages is what is tested."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions

from tests.architecture.project import PYPROJECT, ROOT, inside, sources

PROJECT = PYPROJECT["project"]
# pydantic's own interface asks for it: "please use typing_extensions.TypedDict".
BROUGHT = {"typing_extensions"}
RANGE = re.compile(r"^(?P<name>[\w-]+)(\[\w+\])?>=(?P<low>[\d.]+),<(?P<high>\d+)$")


def promised() -> list[re.Match[str]]:
    extras = PROJECT["optional-dependencies"]
    lines = PROJECT["dependencies"] + extras["embedded"] + extras["otel"]
    lines += extras["operator"]
    # Not ours to promise, but it must be as old as the interface that it implements.
    lines += [line for line in extras["dev"] if line.startswith("opentelemetry-sdk")]
    ranges = [RANGE.match(line) for line in lines]
    return [each for each in ranges if each]


def test_every_dependency_has_a_lower_and_an_upper_end() -> None:
    extras = PROJECT["optional-dependencies"]
    lines = PROJECT["dependencies"] + [
        line
        for extra in ("operator", "simulate", "gateway", "embedded", "reload", "otel")
        for line in extras[extra]
    ]
    assert [line for line in lines if not RANGE.match(line)] == []


def test_the_oldest_environment_is_the_lower_end_of_every_range() -> None:
    pinned = dict(
        line.split("==")
        for line in (ROOT / "tests" / "oldest.txt").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert {name: _padded(version) for name, version in pinned.items()} == {
        each["name"]: _padded(each["low"]) for each in promised()
    }


def imported() -> Iterator[tuple[str, str]]:
    """Where something of somebody else's is imported, and its top-level name."""
    ours = {"giveway", "giveway_operator", *BROUGHT, *sys.stdlib_module_names}
    for path in sources(".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    found = [one.name for one in names]
                case ast.ImportFrom(module=str(module), level=0):
                    found = [module]
                case _:
                    continue
            tops = {name.partition(".")[0] for name in found}
            yield from ((inside(path), top) for top in sorted(tops - ours))


def test_what_is_imported_is_declared_and_does_not_come_with_somebody_else() -> None:
    lines = list(PROJECT["dependencies"])
    for extra in PROJECT["optional-dependencies"].values():
        lines += extra
    declared = {re.split(r"[\[<>=]", line)[0].lower() for line in lines}
    known = packages_distributions()
    borrowed = [
        (where, name)
        for where, name in imported()
        if not declared & {one.lower().replace("_", "-") for one in known.get(name, [name])}
    ]
    assert borrowed == []


def _padded(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))
