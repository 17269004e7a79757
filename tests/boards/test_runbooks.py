"""Whoever is woken finds a section under the name of the alert: what it means, and what to do."""

import re
from typing import Any

import pytest

from tests.boards.expressions import ALERTS, CHART

PAGE = (CHART.parents[1] / "docs" / "operations.md").read_text()
BASE = "https://giveway.dev/docs/operations"
PARTS = ["Meaning", "Impact", "Diagnose", "Mitigate"]


def anchor(title: str) -> str:
    """As the places where Markdown is shown make it of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


SECTIONS = {
    anchor(title): text
    for title, text in re.findall(r"^### (.+)\n((?:(?!^##).*\n)*)", PAGE, re.MULTILINE)
}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_its_link_leads_to_its_own_section(alert: dict[str, Any]) -> None:
    base, _, name = alert["annotations"]["runbook_url"].partition("#")
    assert base == BASE, "the chart looks for this one, to put metrics.runbooks in its place"
    assert name == alert["alert"].lower()
    assert name in SECTIONS


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_its_section_says_what_it_means_what_it_costs_where_to_look_and_what_to_do(
    alert: dict[str, Any],
) -> None:
    text = SECTIONS[alert["alert"].lower()]
    assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == PARTS
    for part in PARTS:
        _, _, said = text.partition(f"**{part}.**")
        assert len(re.split(r"^\*\*\w+\.\*\*", said, flags=re.MULTILINE)[0].strip()) > 4, part


def test_no_section_of_the_page_is_about_an_alert_that_no_rule_has() -> None:
    named = {name for name in SECTIONS if name.startswith("giveway")}
    assert named == {alert["alert"].lower() for alert in ALERTS}
