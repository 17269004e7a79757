"""The catalogue of metrics, and how it is exposed."""

import gzip
import re
import subprocess
import sys
from math import inf

import pytest
from prometheus_client.parser import text_string_to_metric_families

from giveway.runtime.tally_layout import MODES, OUTCOMES
from giveway.telemetry import metrics
from giveway.telemetry.exposition import Exposition, HistogramReading, Reading, Readings
from giveway.telemetry.listener import Answer
from giveway.telemetry.metric import Metric
from giveway.telemetry.metrics import CATALOGUE

OPENMETRICS = "application/openmetrics-text; version=1.0.0, text/plain; q=0.5"


def _page(*readings: Reading | HistogramReading, accept: str = "", packed: bool = False) -> Answer:
    return Exposition(lambda: readings).page(accept=accept, packed=packed)


def _lines(answer: Answer) -> list[str]:
    return answer.body.decode().splitlines()


def test_every_metric_stands_in_the_catalogue_once() -> None:
    declared = [one for one in vars(metrics).values() if isinstance(one, Metric)]
    assert sorted(declared, key=str) == sorted(CATALOGUE, key=str)
    assert len({one.full_name for one in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda one: one.full_name)
def test_a_metric_has_a_good_name_a_help_text_and_a_question(metric: Metric) -> None:
    assert re.fullmatch(r"giveway_[a-z_]+[a-z]", metric.name)
    assert not metric.name.endswith(("_total", "_count", "_sum", "_bucket", "_info"))
    assert metric.help.endswith(".")
    assert "?" in metric.answers
    assert (metric.kind == "histogram") == bool(metric.buckets)
    assert not metric.buckets or metric.buckets[-1] == inf


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda one: one.full_name)
def test_nothing_that_grows_without_bounds_is_a_label(metric: Metric) -> None:
    allowed = {"queue", "tier", "task", "outcome", "from_tier", "to_tier", "mode", "state"}
    allowed |= {"reason", "child", "version", "python"}
    assert set(metric.labels) <= allowed


def test_the_words_of_the_catalogue_are_those_that_are_counted() -> None:
    assert tuple(word for word, _ in metrics.TASKS.words) == OUTCOMES
    assert tuple(word for word, _ in metrics.PREEMPTIONS.words) == MODES


def test_a_counter_is_exposed_with_its_suffix_and_its_labels() -> None:
    lines = _lines(_page(Reading(metrics.TASKS, ("q", "high", "pack", "done"), 3)))
    assert "# TYPE giveway_tasks_total counter" in lines
    assert 'giveway_tasks_total{outcome="done",queue="q",task="pack",tier="high"} 3.0' in lines


def test_a_histogram_is_exposed_with_its_bounds_its_sum_and_its_count() -> None:
    width = len(metrics.TASK_WAIT.buckets)
    counts = list(range(1, width + 1))
    lines = _lines(_page(HistogramReading(metrics.TASK_WAIT, ("q", "high"), counts, 2.5)))
    assert 'giveway_task_wait_seconds_bucket{le="0.001",queue="q",tier="high"} 1.0' in lines
    assert f'giveway_task_wait_seconds_bucket{{le="+Inf",queue="q",tier="high"}} {width}.0' in lines
    assert f'giveway_task_wait_seconds_count{{queue="q",tier="high"}} {width}.0' in lines
    assert 'giveway_task_wait_seconds_sum{queue="q",tier="high"} 2.5' in lines


def test_a_value_of_a_label_that_somebody_chose_badly_is_escaped() -> None:
    page = _page(Reading(metrics.QUEUE_DEAD, ('we"ird\n\\',), 1))
    (family,) = [
        one
        for one in text_string_to_metric_families(page.body.decode())
        if one.name == "giveway_queue_dead"
    ]
    assert family.samples[0].labels == {"queue": 'we"ird\n\\'}


def test_whoever_asks_for_openmetrics_gets_it() -> None:
    page = _page(Reading(metrics.QUEUE_DEAD, ("q",), 0), accept=OPENMETRICS)
    assert page.content_type.startswith("application/openmetrics-text")
    assert page.body.endswith(b"# EOF\n")
    assert _page().content_type.startswith("text/plain")


def test_a_large_page_is_packed_for_those_who_accept_that() -> None:
    many = [Reading(metrics.TASKS, ("q", "high", f"t{n}", "done"), n) for n in range(200)]
    plain, packed = _page(*many), _page(*many, packed=True)
    assert (plain.encoding, packed.encoding) == ("", "gzip")
    assert len(packed.body) < len(plain.body) / 3
    assert b"giveway_tasks_total" in gzip.decompress(packed.body)


def test_the_numbers_are_read_when_somebody_asks_and_not_before() -> None:
    asked = []

    def read() -> Readings:
        asked.append(1)
        return [Reading(metrics.QUEUE_DEAD, ("q",), len(asked))]

    exposition = Exposition(read)
    assert asked == []
    exposition.page(accept="", packed=False)
    assert 'giveway_queue_dead{queue="q"} 2.0' in _lines(exposition.page(accept="", packed=False))


def test_a_worker_that_nobody_scrapes_never_imports_the_client_library() -> None:
    code = (
        "import sys, giveway.runtime.worker, giveway.telemetry.exposition;"
        "print([one for one in ('prometheus_client', 'http.server') if one in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
