"""What is asked of Prometheus can be asked, and names nothing that nobody exposes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from giveway.telemetry.metric import Metric
from giveway.telemetry.metrics import CATALOGUE
from giveway_operator.metrics import CATALOGUE as OPERATOR
from tests.boards.expressions import EXPRESSIONS, RECORDED, Expression
from tests.boards.promtool import promtool

# Of the scrape, and of Prometheus itself.
SCRAPED = {"namespace", "pod", "job", "instance"}
OTHERS = {
    "process_cpu_seconds_total": SCRAPED,
    "process_resident_memory_bytes": SCRAPED,
    "process_start_time_seconds": SCRAPED,
    "ALERTS": {"alertname", "alertstate"},
}
WORDS = {metric.full_name: metric.words for metric in (*CATALOGUE, *OPERATOR)}
_SERIES = re.compile(
    r"(?P<name>[a-z_]+:[a-z0-9_]+:[a-z0-9_]+|giveway_[a-z_]+|process_[a-z_]+|ALERTS)"
    r"(?:\{(?P<matchers>[^}]*)\})?"
)
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


def labels_of(metric: Metric) -> Iterator[tuple[str, set[str]]]:
    """Each series that it is exposed as, and what labels it has."""
    labels = {*metric.labels, *SCRAPED}
    if metric.kind != "histogram":
        yield metric.full_name, labels
        return
    yield f"{metric.name}_bucket", {*labels, "le"}
    yield f"{metric.name}_sum", labels
    yield f"{metric.name}_count", labels


def recorded_labels(name: str) -> set[str]:
    """A recorded series says in its name what labels it has, as is the custom."""
    return set(
        re.findall(
            r"namespace|queue|tier|name|kind|type|outcome|state|le", name.split(":", maxsplit=1)[0]
        )
    )


KNOWN = (
    OTHERS
    | dict(pair for metric in (*CATALOGUE, *OPERATOR) for pair in labels_of(metric))
    | {name: recorded_labels(name) for name in RECORDED}
)


def test_each_is_called_by_a_name_of_its_own() -> None:
    names = [str(one) for one in EXPRESSIONS]
    assert sorted(set(names)) == sorted(names)


def test_prometheus_can_parse_every_expression(tmp_path: Path) -> None:
    assert len(EXPRESSIONS) > 120
    asked = [
        {"record": f"expression:{number}", "expr": one.filled()}
        for number, one in enumerate(EXPRESSIONS)
    ]
    file = tmp_path / "expressions.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": asked}]}))
    assert f"{len(asked)} rules found" in promtool("check", "rules", file)


@pytest.mark.parametrize("one", EXPRESSIONS, ids=str)
def test_an_expression_names_only_series_and_labels_that_exist(one: Expression) -> None:
    found = [*_SERIES.finditer(one.expr)]
    assert found
    for series in found:
        labels = KNOWN.get(series["name"])
        assert labels is not None, f"nobody exposes or records {series['name']}"
        for label, operator, value in _MATCHER.findall(series["matchers"] or ""):
            assert label in labels, f"{series['name']} has no label {label}"
            _is_a_word(series["name"], label, operator, value)


def _is_a_word(name: str, label: str, operator: str, value: str) -> None:
    """A label of ours has the words of the catalogue, and a typing error matches nothing."""
    metric = name if name in WORDS else f"{name.split(':')[1]}_total" if ":" in name else name
    if label not in {"outcome", "result", "reason", "mode", "state", "kind"} or "$" in value:
        return
    words = {word for word, _ in WORDS.get(metric) or WORDS[name.split(":")[1]]}
    assert set(value.split("|")) <= words, f"{value} of {name} is no word of the catalogue"


@pytest.mark.parametrize("one", EXPRESSIONS, ids=str)
def test_what_everybody_exposes_is_never_summed_and_on_boards_only_read_as_recorded(
    one: Expression,
) -> None:
    gauges = r"giveway_(operator_)?queue_(depth|oldest_seconds|inflight|suspended|delayed|dead)\b"
    if one.kind in ("panel", "variable"):
        assert not re.search(rf"(?<!:){gauges}", one.expr), one.expr
    assert not re.search(rf"sum( by \([^)]*\))? \((?<!:){gauges}", one.expr), one.expr


def test_every_metric_is_read_on_a_board_or_in_a_rule() -> None:
    read = {series["name"] for one in EXPRESSIONS for series in _SERIES.finditer(one.expr)}
    for metric in (*CATALOGUE, *OPERATOR):
        assert read & {name for name, _ in labels_of(metric)}, f"nobody looks at {metric.name}"
