"""The quick start of the README on Kubernetes: its blocks, and how what it shows is compared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
# What differs from one run to the next, and what is kept of it.
_VARIES = (
    (re.compile(r"\b[0-9a-v]{24}\b"), "ID"),
    (re.compile(r"\bshop-[0-9a-z]+-[0-9a-z]{5}\b"), "POD"),
    (re.compile(r"\b(\d+[dhms])+(?=\s*$)"), "AGE"),
    (re.compile(r"\d+\.\d+ s\b"), "SECONDS"),
    (re.compile(r" +"), " "),
)


@dataclass(frozen=True, slots=True)
class Step:
    """Commands that are typed, and what is shown below them ("" if nothing is)."""

    commands: str
    shown: str


def blocks() -> list[tuple[str, str]]:
    """All of the section: of which kind, and its text."""
    _, _, section = (ROOT / "README.md").read_text().partition("\n## On Kubernetes\n")
    section, _, _ = section.partition("\n## ")
    return [(each["kind"], each["text"]) for each in _BLOCK.finditer(section)]


def steps() -> Iterator[Step]:
    """In their order."""
    found = blocks()
    for (kind, text), (after, shown) in zip(found, [*found[1:], ("", "")], strict=True):
        if kind == "sh":
            yield Step(text, shown if after == "text" else "")


def shape(output: str) -> list[str]:
    """Its lines without what differs from one run to the next."""
    lines = [line.rstrip() for line in output.strip().splitlines()]
    for pattern, word in _VARIES:
        lines = [pattern.sub(word, line) for line in lines]
    return lines
