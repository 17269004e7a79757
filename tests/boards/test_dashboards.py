"""The dashboards are such as Grafana takes, and such as a person can use."""

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from tests.boards.expressions import ALERTS, DASHBOARDS, panels

with warnings.catch_warnings():  # it would rather have the new schema; decision 0101 says why not
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.models.dashboard import Dashboard

ROOT = Path(__file__).parents[2]
NAMES = {"overview", "queue", "workers", "operator"}

every_dashboard = pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)


def read(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file.read_text())
    return loaded


def test_there_are_four_and_they_are_what_their_source_says() -> None:
    assert {file.stem for file in DASHBOARDS} == NAMES
    script = ROOT / "scripts" / "generate_dashboards.py"
    subprocess.run([sys.executable, script, "--check"], check=True)


@every_dashboard
def test_grafanas_own_types_read_all_of_it_and_write_the_same(file: Path) -> None:
    again = json.loads(json.dumps(Dashboard.from_json(read(file)), cls=JSONEncoder))
    for link in again["links"]:
        del link["placement"]  # which its types cannot leave out
    assert again == read(file)


@every_dashboard
def test_it_is_found_by_its_uid_and_its_tag_and_cannot_be_edited_into_something_else(
    file: Path,
) -> None:
    board = read(file)
    assert board["uid"] == f"giveway-{file.stem}"
    assert board["tags"] == ["giveway"]
    assert board["editable"] is False
    assert "id" not in board, "an id of one Grafana is another dashboard's in the next"


@every_dashboard
def test_its_panels_are_numbered_and_do_not_overlap(file: Path) -> None:
    shown = read(file)["panels"]
    assert [panel["id"] for panel in shown] == list(range(1, len(shown) + 1))
    taken: set[tuple[int, int]] = set()
    for panel in shown:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


@every_dashboard
def test_every_panel_says_what_it_shows_in_which_unit_and_what_an_empty_one_means(
    file: Path,
) -> None:
    for panel in panels(read(file)):
        defaults = panel["fieldConfig"]["defaults"]
        assert len(panel["description"]) > 20, panel["title"]
        assert defaults["noValue"], panel["title"]
        if panel["type"] in ("timeseries", "stat"):
            assert defaults["unit"], panel["title"]
        for target in panel["targets"]:
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@every_dashboard
def test_the_variables_that_are_asked_for_are_there_and_the_others_are_used(file: Path) -> None:
    board = read(file)
    declared = {one["name"] for one in board["templating"]["list"]} - {"datasource"}
    asked = " ".join(target["expr"] for panel in panels(board) for target in panel["targets"])
    used = set(re.findall(r"\$([a-z]\w*)", asked))
    assert used == declared
    for one in board["templating"]["list"]:
        if one["type"] == "query":
            assert one["allValue"] == ".*", "All must take in what has no namespace"


@every_dashboard
def test_its_links_lead_to_alerts_that_exist_and_to_the_other_dashboards(file: Path) -> None:
    board = read(file)
    others, runbook = board["links"]
    assert (others["type"], others["tags"], others["includeVars"]) == (
        "dashboards",
        ["giveway"],
        True,
    )
    assert runbook["url"].endswith("#alerts")
    known = {one["annotations"]["runbook_url"] for one in ALERTS}
    linked = [link["url"] for panel in panels(board) for link in panel.get("links", ())]
    assert set(linked) <= known
    for uid in re.findall(r"/d/([\w-]+)", file.read_text()):
        assert uid.removeprefix("giveway-") in NAMES


def test_every_alert_is_linked_from_a_panel_where_one_sees_what_it_is_about() -> None:
    text = " ".join(file.read_text() for file in DASHBOARDS)
    for alert in ALERTS:
        assert f"#{alert['alert'].lower()}" in text, alert["alert"]


def test_what_was_promised_colours_what_is_measured() -> None:
    """The bounds are shares of the promise, so that they fit every tier of every queue."""
    board = read(ROOT / "charts/giveway/dashboards/overview.json")
    used = [
        panel
        for panel in panels(board)
        if "promise_used:ratio" in panel["targets"][0]["expr"] and panel["type"] == "timeseries"
    ]
    (panel,) = used
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps[-1] == {"color": "red", "value": 1}
