"""Overview: is every promise kept, and if not, why? For whoever looks once a day, or is woken."""

from giveway.telemetry import metrics
from giveway_operator import metrics as of_operator
from scripts.dashboards.board import Board, Row
from scripts.dashboards.lines import OF_QUEUE, OF_TIER, Line, or_zero
from scripts.dashboards.panels import (
    BAD_FROM_ONE,
    PER_SECOND,
    PROMISE,
    course,
    number,
    table,
    timeline,
)

USED = f"namespace_queue_tier:giveway_promise_used:ratio{{{OF_TIER}}}"
SLO = f"namespace_queue_tier:giveway_operator_queue_slo_seconds:min{{{OF_TIER}}}"
DEPTH = f"namespace_queue_tier:giveway_queue_depth:max{{{OF_TIER}}}"
OLDEST = f"namespace_queue_tier:giveway_queue_oldest_seconds:max{{{OF_TIER}}}"
INFLIGHT = f"namespace_queue_tier:giveway_queue_inflight:max{{{OF_TIER}}}"
PAUSED = f"namespace_queue_tier:giveway_queue_paused:max{{{OF_TIER}}}"
ARRIVED = f"namespace_queue_tier:giveway_queue_arrived:rate5m{{{OF_TIER}}}"
DEAD = f"namespace_queue:giveway_queue_dead:max{{{OF_QUEUE}}}"
REPLICAS = f"namespace_name_queue_kind:giveway_operator_replicas:max{{{OF_QUEUE}}}"
COMPLAINT = f"namespace_name_queue_type:giveway_operator_queue_complaint:leader{{{OF_QUEUE}}}"
_TASKS = "namespace_queue_tier_outcome:giveway_tasks:rate5m"
_WAITS = "namespace_queue_tier_le:giveway_task_wait_seconds_bucket:rate5m"

EACH = "{{queue}} {{tier}}"
COMPLAINS = {"0": ("fine", "green"), "1": ("look at it", "orange")}

# Where no worker reports, nothing is done: zero, and not nothing at all.
SETTLED = (
    f'sum by (namespace, queue, tier) ({_TASKS}{{{OF_TIER}, outcome=~"done|dead|cancelled"}})'
    f" or on (namespace, queue, tier) 0 * {DEPTH}"
)


def waited(share: float) -> str:
    """So long waited the best `share` of what was taken up; nothing where nothing was."""
    return (
        f"histogram_quantile({share}, "
        f"sum by (namespace, queue, tier, le) ({_WAITS}{{{OF_TIER}}})) >= 0"
    )


_SUMS = Row(
    "Is every promise kept?",
    [
        number(
            "Promises broken now",
            or_zero(f"count({USED} > 1)"),
            about="Tiers whose oldest task has waited for longer than the resource promises.",
            steps=BAD_FROM_ONE,
            runbook="GivewayPromiseBroken",
        ),
        number(
            "Kept, of the time shown",
            f"avg(avg_over_time(({USED} <= bool 1)[$__range:1m]))",
            about="Share of the time, over all tiers, in which nothing waited for too long.",
            unit="percentunit",
            empty="no promises",
        ),
        number(
            "Most used promise",
            f"max({USED})",
            about="Age of the oldest task, of what was promised, where that is worst.",
            unit="percentunit",
            steps=PROMISE,
            empty="no promises",
            runbook="GivewayPromiseAboutToBreak",
        ),
        number("Waiting now", f"sum({DEPTH})", about=metrics.QUEUE_DEPTH),
        number(
            "Dead now",
            f"sum({DEAD})",
            about=metrics.QUEUE_DEAD,
            steps=((1, "yellow"),),
            runbook="GivewayDeadGrowing",
        ),
        number(
            "Alerts that fire",
            or_zero('count(ALERTS{alertname=~"Giveway.*", alertstate="firing"})'),
            about="Alerts of Giveway, whatever is selected above.",
            steps=BAD_FROM_ONE,
        ),
    ],
)

_EACH = table(
    "Each queue and tier",
    (Line(USED, "promise used"), "percentunit"),
    (Line(OLDEST, "oldest"), "s"),
    (Line(SLO, "promised"), "s"),
    (Line(DEPTH, "waiting"), "short"),
    (Line(INFLIGHT, "running"), "short"),
    (Line(ARRIVED, "in"), PER_SECOND),
    (Line(SETTLED, "out"), PER_SECOND),
    (Line(waited(0.5), "waited, half"), "s"),
    (Line(waited(0.99), "waited, 99 of 100"), "s"),
    (Line(PAUSED, "paused"), "bool_yes_no"),
    about="Now, over the last five minutes for what flows. A click on a queue opens it alone.",
    steps={"promise used": PROMISE, "paused": BAD_FROM_ONE},
    link="/d/giveway-queue?var-namespace=${__data.fields.namespace}"
    "&var-queue=${__value.text}&${datasource:queryparam}&${__url_time_range}",
)

_PROMISES = Row(
    "Promises",
    [
        course(
            "How much of its promise a tier has used",
            Line(USED, EACH),
            about="The oldest task's age, of what was promised. Above 100 % the promise is broken.",
            unit="percentunit",
            steps=PROMISE,
            empty="no promises: no operator reports",
            runbook="GivewayPromiseBroken",
        ),
        course(
            "Age of the oldest, and what was promised",
            Line(OLDEST, EACH),
            Line(SLO, f"promised {EACH}"),
            about=metrics.QUEUE_OLDEST,
            unit="s",
            dashed="promised .*",
        ),
        course(
            "Waiting", Line(DEPTH, EACH), about=metrics.QUEUE_DEPTH, runbook="GivewayTierStarves"
        ),
        course(
            "How long tasks waited",
            Line(waited(0.5), f"half {EACH}"),
            Line(waited(0.95), f"95 of 100 {EACH}"),
            Line(waited(0.99), f"99 of 100 {EACH}"),
            about=metrics.TASK_WAIT,
            unit="s",
            empty="no task was taken up",
        ),
        course(
            "Comes in", Line(ARRIVED, EACH), about=metrics.QUEUE_ARRIVED, unit=PER_SECOND, width=12
        ),
        course("Is settled", Line(SETTLED, EACH), about=metrics.TASKS, unit=PER_SECOND),
    ],
)

_WORKERS = Row(
    "Replicas, and why",
    [
        course(
            "Replicas",
            Line(REPLICAS, "{{name}} {{kind}}"),
            about=of_operator.REPLICAS,
            empty="no operator reports",
            dashed=".* desired",
            runbook="GivewayScalingLimited",
        ),
        timeline(
            "What the resources complain of",
            Line(f"max by (type) ({COMPLAINT})", "{{type}}"),
            about="A condition of some resource wants to be read: `kubectl describe pq` says it in "
            "words. *Queue* has them for each resource.",
            texts=COMPLAINS,
            empty="no operator leads",
        ),
    ],
)

OVERVIEW = Board(
    file="overview",
    title="Overview",
    about="Is every promise kept, what waits where, how many workers are there, and why.",
    rows=[_SUMS, Row("Now", [_EACH]), _PROMISES, _WORKERS],
)
