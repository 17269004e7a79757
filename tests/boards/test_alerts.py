"""Every alert fires in its failure, says so in words that name it, and is silent otherwise."""

from pathlib import Path
from typing import Any

import pytest

from tests.boards.cases import Case, holds, promtool_test, said
from tests.boards.expressions import ALERTS, RULES
from tests.boards.promtool import promtool
from tests.boards.staged import CASES

RULE = {alert["alert"]: alert for alert in ALERTS}
SEVERITIES = {"critical", "warning"}


def test_prometheus_takes_the_rules() -> None:
    said = promtool("check", "rules", *RULES)
    assert f"{len(ALERTS)} rules found" in said


def test_every_alert_is_staged_with_something_that_looks_like_it() -> None:
    assert {case.alert for case in CASES} == set(RULE)
    assert {case.alert for case in CASES if case.silent} == set(RULE)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_how_grave_it_is_since_when_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in SEVERITIES
    assert "for" in alert
    told = alert["annotations"]
    assert set(told) == {"summary", "description", "runbook_url"}
    assert len(told["summary"]) < 80
    of_queue = "queue" in alert["expr"] and "operator" not in alert["alert"].lower()
    assert not of_queue or "$labels.queue" in told["summary"]


def expected(case: Case) -> dict[str, Any]:
    rule = RULE[case.alert]
    return {
        "exp_labels": {**case.labels, **rule["labels"]},
        "exp_annotations": {
            name: said(template, case) for name, template in rule["annotations"].items()
        },
    }


def looked_at(case: Case, *, fires: bool) -> dict[str, list[dict[str, Any]]]:
    alerts = [expected(case)] if fires else []
    look = {"eval_time": case.at, "alertname": case.alert, "exp_alerts": alerts}
    return {"alert_rule_test": [look]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_it_fires_when_it_should_and_not_when_it_should_not(case: Case, tmp_path: Path) -> None:
    tests = [promtool_test(case.fires, **looked_at(case, fires=True))]
    tests += [
        promtool_test(series, **looked_at(case, fires=False)) for series in case.silent.values()
    ]
    holds(*tests, folder=tmp_path)
