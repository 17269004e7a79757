"""Writes docs/metrics.md from the catalogue, so that the page cannot name a metric that is not.

    python scripts/generate_metrics_docs.py            write it (`make fix`)
    python scripts/generate_metrics_docs.py --check    only compare it (`make check`)

The catalogues are worker/giveway/telemetry/metrics.py and operator/giveway_operator/metrics.py.
"""

import sys
from collections.abc import Iterable
from math import isinf
from pathlib import Path

from giveway.telemetry.metric import Metric
from giveway.telemetry.metrics import CATALOGUE
from giveway_operator import metrics as operator_metrics

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # what generators share is a module beside them

from scripts.kept import keep  # noqa: E402

PAGE = ROOT / "docs" / "metrics.md"

HEAD = """# Metrics

<!-- Written by scripts/generate_metrics_docs.py from the two metrics.py; change those. -->

[Of a worker](#of-a-worker), [of the operator](#of-the-operator), and
[expressions to begin with](#expressions-to-begin-with).

## Of a worker

A worker serves them at `/metrics` on `GIVEWAY_METRICS_PORT` (9400). How to scrape, and the two
probes beside it: [worker.md](worker.md#metrics-and-probes).

What a label may be is known when the worker starts: the tiers that it serves, the tasks of its app,
and the words below. A tier or a task that it does not know is `unknown`. No id and nothing that a
producer sent is ever a label.

| metric | the question it answers |
|---|---|
"""

OPERATOR = """## Of the operator

The operator serves them at `/metrics` on `GIVEWAY_OPERATOR_METRICS_PORT` (9401), beside `/healthz`
and `/readyz`: [operator.md](operator.md#health). It sees every queue, also one that no worker is
there for. `namespace` and `name` are those of the PriorityQueue; its series go when it does. Every
replica of the operator reports the queues that it sees; only the one that leads counts acts.

| metric | the question it answers |
|---|---|
"""

TAIL = """## What else is there

`process_*` and `python_info` are Prometheus's own, of the supervisor process or the operator.

## Expressions to begin with

Every worker of a queue reports the same `giveway_queue_*`: take the maximum, never the sum.

| what | expression |
|---|---|
"""

EXPRESSIONS = {
    "depth of each tier": "max by (queue, tier) (giveway_queue_depth)",
    "age of the oldest": "max by (queue, tier) (giveway_queue_oldest_seconds)",
    "done a second": 'sum by (queue, tier) (rate(giveway_tasks_total{outcome="done"}[5m]))',
    "failures a second": "sum by (queue, task) "
    '(rate(giveway_tasks_total{outcome=~"retry|dead|crash"}[5m]))',
    "wait, 99 of 100": "histogram_quantile(0.99, "
    "sum by (queue, tier, le) (rate(giveway_task_wait_seconds_bucket[5m])))",
    "how soon batches stop, 99 of 100": "histogram_quantile(0.99, "
    "sum by (queue, tier, le) (rate(giveway_yield_seconds_bucket[5m])))",
    "promises that are not kept": "max by (namespace, name, tier) "
    "(giveway_operator_queue_oldest_seconds > giveway_operator_queue_slo_seconds)",
    "replicas asked for and not there": "max by (namespace, name) "
    '(giveway_operator_replicas{kind="current"}) - max by (namespace, name) '
    '(giveway_operator_replicas{kind="ready"})',
    "share of slots in use": 'sum by (queue) (giveway_slots{state!="idle"})'
    " / sum by (queue) (giveway_slots)",
}


def rows(catalogue: Iterable[Metric]) -> str:
    return "\n".join(
        f"| [`{one.full_name}`](#{one.full_name}) | {one.answers} |" for one in catalogue
    )


def section(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    facts = [f"- kind: {metric.kind}", f"- labels: {labels}"]
    if metric.buckets:
        bounds = ", ".join("+Inf" if isinf(bound) else f"{bound:g}" for bound in metric.buckets)
        facts.append(f"- buckets in seconds: {bounds}")
    parts = [f"### {metric.full_name}", metric.help, f"*{metric.answers}*", "\n".join(facts)]
    if metric.words:
        head = f"| `{metric.labels[-1]}` | |\n|---|---|\n"
        parts.append(head + "\n".join(f"| `{word}` | {means} |" for word, means in metric.words))
    return "\n\n".join(parts)


def expressions() -> str:
    # A bar inside of a table's cell has to be escaped, in code too.
    escaped = {what: one.replace("|", "\\|") for what, one in EXPRESSIONS.items()}
    return "\n".join(f"| {what} | `{one}` |" for what, one in escaped.items())


def page() -> str:
    ours, operators = CATALOGUE, operator_metrics.CATALOGUE
    parts = [HEAD + rows(ours), *map(section, ours)]
    parts += [OPERATOR + rows(operators), *map(section, operators)]
    return "\n\n".join([*parts, TAIL + expressions()]) + "\n"


if __name__ == "__main__":
    sys.exit(keep(PAGE, page(), source="the catalogue says"))
