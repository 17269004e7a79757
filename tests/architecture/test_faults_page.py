"""docs/faults.md promises what happens when something breaks, and names the tests that show it."""

import re

from tests.architecture.project import ROOT

PAGE = ROOT / "docs" / "faults.md"
NAMED = re.compile(r"`(test_\w+)`")


def test_every_test_that_the_page_names_exists() -> None:
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^(?:async )?def (test_\w+)", written, re.MULTILINE))
    named = set(NAMED.findall(PAGE.read_text()))
    assert len(named) > 37, "a page that names nothing promises nothing"
    assert named <= there, sorted(named - there)


def test_every_fault_of_the_page_is_shown_by_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \|(.*)$", PAGE.read_text(), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 38))
    assert [number for number, row in rows if not NAMED.search(row)] == []
