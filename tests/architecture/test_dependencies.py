"""What pyproject.toml promises about other people's packages is what is tested."""

import re

from tests.architecture.project import PYPROJECT, ROOT

PROJECT = PYPROJECT["project"]
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


def _padded(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))
