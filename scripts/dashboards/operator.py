"""Operator: does one lead, does it get round, does the API server let it, what has it done?"""

from giveway_operator import metrics
from scripts.dashboards.board import Board, Row
from scripts.dashboards.lines import IN_NAMESPACE, Line, or_zero
from scripts.dashboards.panels import BAD_FROM_ONE, PER_SECOND, course, number, timeline

_RATE = "[$__rate_interval]"
_DECISIONS = f"sum by (le) (rate(giveway_operator_decision_seconds_bucket{_RATE}))"
CONDITION = "giveway_operator_queue_condition"

_LEADING = Row(
    "Does one lead?",
    [
        number(
            "Leaders",
            or_zero("sum(giveway_operator_leader)"),
            about=metrics.LEADER,
            steps=((2, "orange"),),
            texts={"0": ("nobody leads", "red")},
            runbook="GivewayOperatorNoLeader",
        ),
        number("PriorityQueues", "max(giveway_operator_queues)", about=metrics.QUEUES),
        number(
            "Queues that cannot be read",
            or_zero(
                "count(min by (namespace, name) "
                f"(giveway_operator_queue_readable{{{IN_NAMESPACE}}}) == 0)"
            ),
            about=metrics.QUEUE_READABLE,
            steps=BAD_FROM_ONE,
            runbook="GivewayOperatorBlind",
        ),
        number(
            "Oldest look",
            "max(giveway_operator_decision_age_seconds)",
            about=metrics.DECISION_AGE,
            unit="s",
            steps=((10, "yellow"), (60, "red")),
            empty="no operator reports",
            runbook="GivewayOperatorLate",
        ),
        number(
            "Changes that the watch kept silent, in the time shown",
            "sum(increase(giveway_operator_watch_gaps_total[$__range]))",
            about=metrics.WATCH_GAPS,
            steps=BAD_FROM_ONE,
            empty="no operator reports",
            runbook="GivewayWatchSilent",
        ),
        number(
            "Scalings, in the time shown",
            "sum(increase(giveway_operator_scalings_total[$__range]))",
            about=metrics.SCALINGS,
            empty="no operator reports",
        ),
        timeline(
            "Who leads",
            Line("giveway_operator_leader", "{{pod}} {{instance}}"),
            about=metrics.LEADER,
            texts={"1": ("leads", "green"), "0": ("waits", "blue")},
            empty="no operator reports",
        ),
        timeline(
            "Which queues can be read",
            Line(
                f"min by (namespace, name) (giveway_operator_queue_readable{{{IN_NAMESPACE}}})",
                "{{namespace}}/{{name}}",
            ),
            about=metrics.QUEUE_READABLE,
            texts={"1": ("yes", "green"), "0": ("no", "red")},
            empty="no resource",
        ),
    ],
)

_LOOKING = Row(
    "Does it get round?",
    [
        course(
            "Looks at queues",
            Line(f"sum by (result) (rate(giveway_operator_reconciles_total{_RATE}))", "{{result}}"),
            about=metrics.RECONCILES,
            unit=PER_SECOND,
            stacked=True,
            empty="no operator reports",
            runbook="GivewayOperatorFails",
        ),
        course(
            "How long a decision takes",
            Line(f"histogram_quantile(0.5, {_DECISIONS}) >= 0", "half"),
            Line(f"histogram_quantile(0.99, {_DECISIONS}) >= 0", "99 of 100"),
            about=metrics.DECISION,
            unit="s",
            empty="nothing was decided",
        ),
        course(
            "Oldest look at any queue",
            Line("giveway_operator_decision_age_seconds", "{{pod}} {{instance}}"),
            about=metrics.DECISION_AGE,
            unit="s",
            steps=((60, "red"),),
            empty="no operator reports",
            runbook="GivewayOperatorLate",
        ),
        course(
            "Bell",
            Line(f"sum(rate(giveway_operator_bell_total{_RATE}))", "pushes to an empty tier"),
            about=metrics.BELL,
            unit=PER_SECOND,
            empty="no operator reports",
        ),
    ],
)

_ASKING = Row(
    "What does it cost the API server?",
    [
        course(
            "Requests, by their answer",
            Line(
                f"sum by (verb, result) (rate(giveway_operator_api_requests_total{_RATE})) > 0"
                f" or sum by (verb, result)"
                f' (rate(giveway_operator_api_requests_total{{result="ok"}}{_RATE}))',
                "{{verb}} {{result}}",
            ),
            about=metrics.API_REQUESTS,
            unit=PER_SECOND,
            stacked=True,
            empty="no operator reports",
            runbook="GivewayOperatorFails",
        ),
        course(
            "Statuses written",
            Line(f"sum(rate(giveway_operator_status_writes_total{_RATE}))", "statuses"),
            about=metrics.STATUS_WRITES,
            unit=PER_SECOND,
            empty="no operator reports",
        ),
    ],
)

_DOING = Row(
    "What has it done?",
    [
        course(
            "Scalings",
            Line(
                f"sum by (direction) (increase(giveway_operator_scalings_total{_RATE}))",
                "{{direction}}",
            ),
            about=metrics.SCALINGS,
            empty="no operator reports",
            width=8,
        ),
        course(
            "Connections closed",
            Line(
                "sum by (reason) (increase("
                f"giveway_operator_connections_recycled_total{{{IN_NAMESPACE}}}{_RATE}))",
                "{{reason}}",
            ),
            about=metrics.CONNECTIONS,
            empty="no resource",
            runbook="GivewayConnectionsRecycled",
            width=8,
        ),
        course(
            "Pods replaced",
            Line(
                "sum by (reason) (increase("
                f"giveway_operator_pods_recycled_total{{{IN_NAMESPACE}}}{_RATE}))",
                "{{reason}}",
            ),
            about=metrics.PODS,
            empty="no resource",
            runbook="GivewayPodsRecycled",
            width=8,
        ),
        timeline(
            "Resources that are not ready",
            Line(
                f'1 - max by (namespace, name) ({CONDITION}{{{IN_NAMESPACE}, type="Ready"}}'
                " and on (instance) giveway_operator_leader == 1)",
                "{{namespace}}/{{name}}",
            ),
            about="Whose condition Ready is False, as the one that leads says.",
            texts={"0": ("ready", "green"), "1": ("not ready", "orange")},
            empty="no operator leads",
            width=24,
        ),
        course(
            "Memory",
            Line(
                "process_resident_memory_bytes and on (job, instance) giveway_operator_leader",
                "{{pod}} {{instance}}",
            ),
            about="Of each pod of the operator.",
            unit="bytes",
            empty="no operator reports",
            width=8,
        ),
        course(
            "Processor",
            Line(
                f"rate(process_cpu_seconds_total{_RATE})"
                " and on (job, instance) giveway_operator_leader",
                "{{pod}} {{instance}}",
            ),
            about="Of each pod of the operator, in cores.",
            empty="no operator reports",
            width=8,
        ),
        course(
            "Versions",
            Line(
                "count by (version, python) (giveway_operator_build_info)",
                "{{version}}, Python {{python}}",
            ),
            about=metrics.BUILD,
            stacked=True,
            empty="no operator reports",
            width=8,
        ),
    ],
)

OPERATOR = Board(
    file="operator",
    title="Operator",
    about="Does one lead, does it get round, does the API server let it, and what has it done.",
    rows=[_LEADING, _LOOKING, _ASKING, _DOING],
    variables=("namespace",),
)
