"""What the unit tests of rules are made of: series as promtool writes them, one sample each 30 s.

`1x60` is a one and sixty more of it; `0+1x60` grows by one each time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.boards.expressions import RULES
from tests.boards.promtool import promtool

Series = dict[str, str]

OF_QUEUE = 'namespace="prod",queue="parcels"'
OF_RESOURCE = 'namespace="prod",name="packing"'
SCRAPED = 'namespace="giveway",job="operator"'

# The resource `packing` names the queue `parcels`; one operator leads and another one waits.
NAMED: Series = {
    f'giveway_operator_queue_info{{{OF_RESOURCE},queue="parcels",instance="op1"}}': "1x200",
    f'giveway_operator_queue_info{{{OF_RESOURCE},queue="parcels",instance="op2"}}': "1x200",
    f'giveway_operator_leader{{{SCRAPED},instance="op1"}}': "1x200",
    f'giveway_operator_leader{{{SCRAPED},instance="op2"}}': "0x200",
}


def tier(metric: str, values: str, *, name: str = "high", instance: str = "w1") -> Series:
    """Of a worker."""
    return {f'giveway_{metric}{{{OF_QUEUE},tier="{name}",instance="{instance}"}}': values}


def of_worker(metric: str, values: str, *, instance: str = "w1", labels: str = "") -> Series:
    return {f'giveway_{metric}{{{OF_QUEUE},instance="{instance}"{labels}}}': values}


def of_operator(metric: str, values: str, *, instance: str = "op1", labels: str = "") -> Series:
    """Of a resource."""
    series = f'giveway_operator_{metric}{{{OF_RESOURCE},instance="{instance}"{labels}}}'
    return NAMED | {series: values}


def itself(metric: str, values: str, *, instance: str = "op1", labels: str = "") -> Series:
    """Of the operator and not of a resource."""
    return NAMED | {f'giveway_operator_{metric}{{{SCRAPED},instance="{instance}"{labels}}}': values}


def promise(oldest: str, *, seconds: int = 5) -> Series:
    slo = of_operator("queue_slo_seconds", f"{seconds}x200", labels=',tier="high"')
    return slo | tier("queue_oldest_seconds", oldest)


def condition(kind: str, values: str, *, instance: str = "op1") -> Series:
    return of_operator("queue_condition", values, instance=instance, labels=f',type="{kind}"')


@dataclass(frozen=True, slots=True)
class Case:
    """One alert: what makes it fire and what does not.

    `at`: when it is looked at. `labels`: of the alert beside its severity; `value`: as its
    annotations tell it. `silent`: cases in which it must not fire, each with a word why.
    """

    alert: str
    fires: Series
    silent: Mapping[str, Series]
    labels: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    at: str = "20m"


def said(template: str, case: Case) -> str:
    """An annotation of this case, as Prometheus is to write it."""
    text = re.sub(r"{{ \$labels\.(\w+) }}", lambda found: case.labels.get(found[1], ""), template)
    return re.sub(r"{{ \$value[^}]*}}", case.value, text)


def promtool_test(series: Series, **tests: list[dict[str, Any]]) -> dict[str, Any]:
    """One test of a file of promtool."""
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    return {"interval": "30s", "input_series": inputs, **tests}


def holds(*tests: dict[str, Any], folder: Path) -> None:
    """With the chart's rules, evaluated in the order in which they build on each other.

    Prometheus evaluates groups beside each other, so that an alert may see what was recorded an
    interval ago; promtool does it in any order, unless it is told.
    """
    files = sorted(RULES, reverse=True)  # recording before alerts
    read = [yaml.safe_load(file.read_text())["groups"] for file in files]
    written = {
        "rule_files": [str(file) for file in files],
        "group_eval_order": [group["name"] for groups in read for group in groups],
        "evaluation_interval": "30s",
        "tests": list(tests),
    }
    file = folder / "tests.yaml"
    file.write_text(yaml.safe_dump(written))
    promtool("test", "rules", file)
