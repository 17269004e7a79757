"""Workers: are they busy, do they stay, do they leak, do they reach Redis?"""

from giveway.telemetry import metrics
from scripts.dashboards.board import Board, Row
from scripts.dashboards.lines import OF_QUEUE, Line, or_zero
from scripts.dashboards.panels import BAD_FROM_ONE, course, number, timeline

_RATE = "[$__rate_interval]"
SLOTS = f"namespace_queue_state:giveway_slots:sum{{{OF_QUEUE}}}"
BUSY = f'namespace_queue_state:giveway_slots:sum{{{OF_QUEUE}, state!="idle"}}'
# Prometheus's own series know no queue: those of instances whose worker serves it.
_THEIRS = f"giveway_queue_workers{{{OF_QUEUE}}} * 0 + 1"
OURS = f"on (job, instance) group_left () max by (job, instance) ({_THEIRS})"

_BUSY = Row(
    "Are they busy?",
    [
        number(
            "Workers",
            f"sum(namespace_queue:giveway_queue_workers:max{{{OF_QUEUE}}})",
            about=metrics.QUEUE_WORKERS,
            runbook="GivewayNoWorker",
        ),
        number(
            "Slots in use",
            or_zero(f"sum({BUSY}) / sum({SLOTS})"),
            about="Slots that are not idle, of all.",
            unit="percentunit",
        ),
        number(
            "Processes missing",
            or_zero(
                f'sum(giveway_children{{{OF_QUEUE}, state="wanted"}})'
                f' - sum(giveway_children{{{OF_QUEUE}, state="alive"}}) > 0'
            ),
            about=metrics.CHILDREN,
            steps=BAD_FROM_ONE,
            runbook="GivewayChildrenDie",
        ),
        number(
            "Workers without Redis",
            or_zero(f"count(giveway_redis_up{{{OF_QUEUE}}} == 0)"),
            about="Workers whose renewals Redis does not answer.",
            steps=BAD_FROM_ONE,
            runbook="GivewayRedisAway",
        ),
        number(
            "Eviction policy",
            f"max(giveway_redis_eviction_policy_unsafe{{{OF_QUEUE}}})",
            about=metrics.EVICTION_UNSAFE,
            steps=BAD_FROM_ONE,
            texts={"0": ("noeviction", "green"), "1": ("may delete tasks", "red")},
            empty="not told",
            runbook="GivewayRedisMayEvict",
        ),
        number(
            "Redis came back empty, in the time shown",
            f"sum(increase(giveway_engine_resets_total{{{OF_QUEUE}}}[$__range]))",
            about=metrics.ENGINE_RESETS,
            steps=BAD_FROM_ONE,
            runbook="GivewayRedisEmptied",
        ),
        course(
            "Slots, by what they do",
            Line(SLOTS, "{{queue}} {{state}}"),
            about=metrics.SLOTS,
            stacked=True,
            empty="no worker reports",
        ),
        course(
            "Share of slots in use",
            Line(
                f"sum by (namespace, queue) ({BUSY}) / sum by (namespace, queue) ({SLOTS})",
                "{{queue}}",
            ),
            about="All in use while something waits: more workers.",
            unit="percentunit",
            empty="no worker reports",
        ),
    ],
)

_STAYING = Row(
    "Do they stay?",
    [
        course(
            "Processes that ended",
            Line(
                "sum by (queue, reason) "
                f"(increase(giveway_children_ended_total{{{OF_QUEUE}}}{_RATE}))",
                "{{queue}} {{reason}}",
            ),
            about=metrics.CHILDREN_ENDED,
            empty="no worker reports",
            runbook="GivewayChildrenDie",
        ),
        course(
            "Processes, wanted and alive",
            Line(f"sum by (queue, state) (giveway_children{{{OF_QUEUE}}})", "{{queue}} {{state}}"),
            about=metrics.CHILDREN,
            empty="no worker reports",
        ),
        course(
            "Age of each worker",
            Line(f"(time() - process_start_time_seconds) * {OURS}", "{{pod}} {{instance}}"),
            about="Since its supervisor started. A line that falls to zero is a restart.",
            unit="s",
            empty="no worker reports",
        ),
        course(
            "How long a claim loop has not got on",
            Line(
                f"max by (queue, instance) (giveway_consumer_idle_seconds{{{OF_QUEUE}}})",
                "{{queue}} {{instance}}",
            ),
            about=metrics.CHILD_TICK,
            unit="s",
            steps=((20, "red"),),
            empty="no worker reports",
            runbook="GivewayConnectionsRecycled",
        ),
    ],
)

_MEMORY = Row(
    "Memory",
    [
        course(
            "Of each process",
            Line(
                f"giveway_child_resident_memory_bytes{{{OF_QUEUE}}}",
                "{{pod}} {{instance}} {{child}}",
            ),
            about=metrics.CHILD_MEMORY,
            unit="bytes",
            empty="no worker reports",
            runbook="GivewayChildrenDie",
        ),
        course(
            "Of each supervisor",
            Line(f"process_resident_memory_bytes * {OURS}", "{{pod}} {{instance}}"),
            about="It forks the processes, so what the app imports is in here too.",
            unit="bytes",
            empty="no worker reports",
        ),
    ],
)

_REDIS = Row(
    "Redis, as workers see it",
    [
        course(
            "Connections closed and opened anew",
            Line(
                "sum by (queue, reason) "
                f"(increase(giveway_connections_recycled_total{{{OF_QUEUE}}}{_RATE}))",
                "{{queue}} {{reason}}",
            ),
            about=metrics.CONNECTIONS,
            empty="no worker reports",
            runbook="GivewayConnectionsRecycled",
        ),
        course(
            "How long Redis has not answered",
            Line(f"max by (queue) (giveway_redis_silent_seconds{{{OF_QUEUE}}})", "{{queue}}"),
            about=metrics.REDIS_SILENT,
            unit="s",
            empty="no worker reports",
            runbook="GivewayRedisAway",
        ),
        course(
            "Memory of Redis, and its limit",
            Line(f"max by (queue) (giveway_redis_memory_used_bytes{{{OF_QUEUE}}})", "{{queue}}"),
            Line(
                f"max by (queue) (giveway_redis_memory_limit_bytes{{{OF_QUEUE}}}) > 0"
                f" or max by (queue) (giveway_redis_memory_limit_bytes{{{OF_QUEUE}}})",
                "limit {{queue}} (0: none)",
            ),
            about=metrics.REDIS_MEMORY,
            unit="bytes",
            empty="no worker may ask",
            dashed="limit .*",
            runbook="GivewayRedisFull",
        ),
        timeline(
            "Does Redis answer?",
            Line(
                f"min by (queue, instance) (giveway_redis_up{{{OF_QUEUE}}})",
                "{{queue}} {{instance}}",
            ),
            about=metrics.REDIS_UP,
            texts={"1": ("yes", "green"), "0": ("no", "red")},
            empty="no worker reports",
        ),
        course(
            "Versions",
            Line(
                "count by (version, python) (giveway_build_info)", "{{version}}, Python {{python}}"
            ),
            about=metrics.BUILD,
            stacked=True,
            empty="no worker reports",
        ),
        course(
            "Processor of each supervisor",
            Line(f"rate(process_cpu_seconds_total{_RATE}) * {OURS}", "{{pod}} {{instance}}"),
            about="Of the supervisor alone, in cores: renewals, heartbeats, this page's numbers.",
            empty="no worker reports",
        ),
    ],
)

WORKERS = Board(
    file="workers",
    title="Workers",
    about="Slots, restarts, memory, and what workers see of Redis.",
    rows=[_BUSY, _STAYING, _MEMORY, _REDIS],
    variables=("namespace", "queue"),
)
