"""Queue: one queue from all sides. Who waits, who gives way for whom, what fails."""

from giveway.telemetry import metrics
from giveway_operator import metrics as of_operator
from scripts.dashboards.board import Board, Row
from scripts.dashboards.lines import IN_NAMESPACE, OF_QUEUE, OF_TIER, Line, or_zero
from scripts.dashboards.overview import (
    ARRIVED,
    COMPLAINS,
    COMPLAINT,
    DEAD,
    DEPTH,
    EACH,
    INFLIGHT,
    OLDEST,
    PAUSED,
    REPLICAS,
    SLO,
    waited,
)
from scripts.dashboards.panels import PER_SECOND, course, heat, number, timeline

_RATE = "[$__rate_interval]"
_NAMED = "namespace_name_queue:giveway_operator_queue_info:max"


def by_name(expr: str) -> str:
    """A series of the operator, by the queue that its resource names."""
    joined = f"{expr} * on (namespace, name) group_left (queue) {_NAMED}{{{OF_QUEUE}}}"
    return f"max by (namespace, queue, tier) ({joined})"


def happened(metric: str, *by: str, which: str = "") -> str:
    """How often a second, by these labels."""
    return f"sum by ({', '.join(by)}) (rate({metric}{{{OF_QUEUE}{which}}}{_RATE}))"


def quantile(share: float, metric: str, *by: str, which: str = OF_TIER) -> str:
    """Nothing where nothing happened, instead of NaN."""
    buckets = f"sum by (le, {', '.join(by)}) (rate({metric}_bucket{{{which}}}{_RATE}))"
    return f"histogram_quantile({share}, {buckets}) >= 0"


_TIERS = Row(
    "Tiers",
    [
        course("Waiting", Line(DEPTH, EACH), about=metrics.QUEUE_DEPTH, width=8),
        course(
            "Age of the oldest, and what was promised",
            Line(OLDEST, EACH),
            Line(SLO, f"promised {EACH}"),
            about=metrics.QUEUE_OLDEST,
            unit="s",
            dashed="promised .*",
            runbook="GivewayPromiseBroken",
            width=8,
        ),
        course("Running", Line(INFLIGHT, EACH), about=metrics.QUEUE_INFLIGHT, width=8),
        course(
            "Later",
            Line(f"namespace_queue_tier:giveway_queue_delayed:max{{{OF_TIER}}}", EACH),
            about=metrics.QUEUE_DELAYED,
            width=8,
        ),
        course(
            "Comes in",
            Line(ARRIVED, EACH),
            about=metrics.QUEUE_ARRIVED,
            unit=PER_SECOND,
            width=8,
        ),
        timeline(
            "Paused",
            Line(PAUSED, EACH),
            about=metrics.QUEUE_PAUSED,
            texts={"0": ("open", "green"), "1": ("paused", "red")},
            width=8,
        ),
    ],
)

_WAITS = Row(
    "Waiting, and work",
    [
        course(
            "How long tasks waited",
            Line(waited(0.5), f"half {EACH}"),
            Line(waited(0.95), f"95 of 100 {EACH}"),
            Line(waited(0.99), f"99 of 100 {EACH}"),
            about=metrics.TASK_WAIT,
            unit="s",
            empty="no task was taken up",
        ),
        heat(
            "Waits, as they fall",
            Line(
                f"sum by (le) (increase(giveway_task_wait_seconds_bucket{{{OF_TIER}}}{_RATE}))",
                "{{le}}",
            ),
            about=metrics.TASK_WAIT,
        ),
        course(
            "How long a run takes",
            Line(
                quantile(0.5, "giveway_task_run_seconds", "task", which=OF_QUEUE), "half {{task}}"
            ),
            Line(
                quantile(0.95, "giveway_task_run_seconds", "task", which=OF_QUEUE),
                "95 of 100 {{task}}",
            ),
            about=metrics.TASK_RUN,
            unit="s",
            empty="no run has ended",
        ),
        course(
            "Runs that end",
            Line(happened("giveway_tasks_total", "outcome"), "{{outcome}}"),
            about=metrics.TASKS,
            unit=PER_SECOND,
            stacked=True,
            empty="no worker reports",
        ),
    ],
)

_GIVING_WAY = Row(
    "Giving way",
    [
        course(
            "Who gives way for whom",
            Line(
                happened("giveway_preemptions_total", "from_tier", "to_tier", "mode"),
                "{{from_tier}} for {{to_tier}}, {{mode}}",
            ),
            about=metrics.PREEMPTIONS,
            unit=PER_SECOND,
            empty="one tier, or no worker reports",
        ),
        course(
            "How soon a batch stops",
            Line(quantile(0.5, "giveway_yield_seconds", "queue", "tier"), f"half {EACH}"),
            Line(quantile(0.99, "giveway_yield_seconds", "queue", "tier"), f"99 of 100 {EACH}"),
            about=metrics.YIELD,
            unit="s",
            empty="no batch had to stop",
        ),
        course(
            "Batches in memory below urgent work",
            Line(f"namespace_queue_tier:giveway_queue_suspended:max{{{OF_TIER}}}", EACH),
            about=metrics.QUEUE_SUSPENDED,
        ),
        course(
            "Batches that go back to their tier",
            Line(
                or_zero(
                    happened("giveway_tasks_total", "queue", "tier", which=', outcome="yield"')
                ),
                EACH,
            ),
            about="A batch gave way and returned to its tier; it goes on where it stopped.",
            unit=PER_SECOND,
        ),
    ],
)

_FAILING = Row(
    "What fails",
    [
        number(
            "Dead now",
            f"sum({DEAD})",
            about=metrics.QUEUE_DEAD,
            steps=((1, "yellow"),),
            runbook="GivewayDeadGrowing",
        ),
        number(
            "Leases lost, in the time shown",
            f"sum(increase(giveway_leases_lost_total{{{OF_QUEUE}}}[$__range]))",
            about=metrics.LEASES_LOST,
            steps=((1, "yellow"),),
            runbook="GivewayLeasesLost",
        ),
        course(
            "Dead",
            Line(DEAD, "{{queue}}"),
            about=metrics.QUEUE_DEAD,
            runbook="GivewayDeadGrowing",
            width=8,
        ),
        course(
            "Tries again, deaths and crashes",
            Line(
                happened(
                    "giveway_tasks_total",
                    "task",
                    "outcome",
                    which=', outcome=~"retry|dead|crash|lost|unknown"',
                ),
                "{{task}} {{outcome}}",
            ),
            about=metrics.TASKS,
            unit=PER_SECOND,
            empty="no worker reports",
            runbook="GivewayDeadGrowing",
            width=8,
        ),
    ],
)

_LAW = Row(
    "What the operator makes of it",
    [
        course(
            "Replicas",
            Line(REPLICAS, "{{name}} {{kind}}"),
            about=of_operator.REPLICAS,
            empty="no operator reports",
            dashed=".* desired",
            width=8,
        ),
        course(
            "Arrivals that it reckons with",
            Line(by_name(f"giveway_operator_queue_arrivals_per_second{{{IN_NAMESPACE}}}"), EACH),
            about=of_operator.QUEUE_ARRIVALS,
            unit=PER_SECOND,
            empty="no operator reports",
            width=8,
        ),
        course(
            "Work of a task that it reckons with",
            Line(by_name(f"giveway_operator_queue_service_seconds{{{IN_NAMESPACE}}}"), EACH),
            about=of_operator.QUEUE_SERVICE,
            unit="s",
            empty="no operator reports",
            width=8,
        ),
        timeline(
            "Conditions",
            Line(COMPLAINT, "{{name}} {{type}}"),
            about=of_operator.QUEUE_CONDITION,
            texts=COMPLAINS,
            empty="no operator leads",
            runbook="GivewayQueueNotReady",
            width=24,
            height=10,
        ),
    ],
)

QUEUE = Board(
    file="queue",
    title="Queue",
    about="One queue: tiers, who gives way for whom, what fails, what the operator makes of it.",
    rows=[_TIERS, _WAITS, _GIVING_WAY, _FAILING, _LAW],
)
