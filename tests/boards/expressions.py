"""Every PromQL expression that the chart ships, with where it stands: panels, variables, rules.

For whoever has a Prometheus and wants to know that none of them is empty or wrong: `EXPRESSIONS`
are they, `Expression.filled` is one with Grafana's variables put in, and `may_be_empty` says of
which nothing is expected while all is well, and why. A quantile over a time in which nothing of
the kind happened is empty too: ask it with a `rate` in which it did.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "charts" / "giveway"
DASHBOARDS = sorted((CHART / "dashboards").glob("*.json"))
RULES = sorted((CHART / "rules").glob("*.yaml"))

_LABEL_VALUES = re.compile(r"label_values\((?P<series>.+), (?P<label>\w+)\)")
_UNFILLED = re.compile(r"\$\w+|\$\{")


@dataclass(frozen=True, slots=True)
class Expression:
    """One. `where`: file and panel, variable or rule; `kind`: panel, variable, record or alert."""

    where: str
    kind: str
    expr: str

    def __str__(self) -> str:
        return self.where

    def filled(self, *, rate: str = "1m", time_range: str = "15m", **chosen: str) -> str:
        """As Grafana asks it, with what is chosen for namespace, queue and tier, else all."""
        values = {"namespace": ".*", "queue": ".*", "tier": ".*"} | chosen
        values |= {"__rate_interval": rate, "__range": time_range}
        expr = self.expr
        for name in sorted(values, key=len, reverse=True):
            expr = expr.replace(f"${name}", values[name])
        assert not _UNFILLED.search(expr), f"{self.where}: a variable of nobody in {expr}"
        return expr

    @property
    def may_be_empty(self) -> str:
        """Why it answers with nothing while all is well; "" if it must not."""
        return "it has series only while something is wrong" if self.kind == "alert" else ""


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """All but the headings."""
    return [one for one in dashboard["panels"] if one["type"] != "row"]


def _of_dashboard(file: Path) -> list[Expression]:
    dashboard = json.loads(file.read_text())
    found = []
    for panel in panels(dashboard):
        for target in panel["targets"]:
            where = f"{file.name}: {panel['title']}, {target['refId']}"
            found.append(Expression(where, "panel", target["expr"]))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            asked = _LABEL_VALUES.fullmatch(variable["query"]["query"])
            assert asked, variable
            expr = f"count by ({asked['label']}) ({asked['series']})"
            found.append(Expression(f"{file.name}: ${variable['name']}", "variable", expr))
    return found


def rules(file: Path) -> list[dict[str, Any]]:
    """The rules of a file, in order."""
    return [one for group in yaml.safe_load(file.read_text())["groups"] for one in group["rules"]]


def _of_rules(file: Path) -> list[Expression]:
    return [
        Expression(
            f"{file.name}: {one.get('alert') or one['record']}",
            "alert" if "alert" in one else "record",
            one["expr"],
        )
        for one in rules(file)
    ]


EXPRESSIONS = [
    *(one for file in DASHBOARDS for one in _of_dashboard(file)),
    *(one for file in RULES for one in _of_rules(file)),
]
ALERTS = [one for file in RULES for one in rules(file) if "alert" in one]
RECORDED = [one["record"] for file in RULES for one in rules(file) if "record" in one]
