"""Each alert: a failure that it tells of, and what looks like it and is none."""

from tests.boards.cases import (
    NAMED,
    SCRAPED,
    Case,
    Series,
    condition,
    itself,
    of_operator,
    of_worker,
    promise,
    tier,
)

QUEUE = {"namespace": "prod", "queue": "parcels"}
TIER = QUEUE | {"tier": "high"}
RESOURCE = QUEUE | {"name": "packing"}
OPERATOR = {"namespace": "giveway", "job": "operator"}

_WAITING = tier("queue_depth", "5x200") | of_worker("queue_workers", "2x200")
_IDLE = tier("queue_inflight", "0x200") | tier("queue_suspended", "0x200")
_NOTHING_DONE = of_worker("tasks_total", "7x200", labels=',tier="high",task="pack",outcome="done"')
_DONE = of_worker("tasks_total", "0+1x200", labels=',tier="high",task="pack",outcome="done"')
_STARVES = _WAITING | _IDLE | _NOTHING_DONE
_LEFT_ALONE = of_operator("queue_depth", "5x200", labels=',tier="high"')


def _ended(reason: str, values: str) -> Series:
    return of_worker("children_ended_total", values, labels=f',reason="{reason}"')


def _memory(used: int, limit: int) -> Series:
    return of_worker("redis_memory_used_bytes", f"{used}x200") | of_worker(
        "redis_memory_limit_bytes", f"{limit}x200"
    )


def _ends(result: str, values: str) -> Series:
    return itself("reconciles_total", values, labels=f',result="{result}"')


def _cut(values: str) -> Series:
    return of_worker("connections_recycled_total", values, labels=',reason="error"')


CASES = (
    Case(
        "GivewayPromiseBroken",
        promise("6x200"),
        {
            "kept": promise("4x200"),
            "broken for half a minute only": promise("0x38 6x0 0x200"),
            "nothing was promised": tier("queue_oldest_seconds", "9999x200"),
        },
        TIER,
        "120%",
    ),
    Case(
        "GivewayPromiseAboutToBreak",
        promise(" ".join(["2 2 4.5"] * 60)),
        {
            "far from it": promise("3.5x200"),
            "close to it once": promise("0x38 4.5 0x200"),
            "broken already, which the other one tells": promise("6x200"),
            "broken a moment ago": promise("0x36 4.5 6 4.5x200"),
        },
        TIER,
        "40%",
    ),
    Case(  # a queue that stands still: told before it is broken, where a minute is time enough
        "GivewayPromiseAboutToBreak",
        promise("0+30x200", seconds=600),
        {},
        TIER,
        "95%",
        at="9m30s",
    ),
    Case(
        "GivewayTierStarves",
        _STARVES,
        {
            "some are done": _WAITING | _IDLE | _DONE,
            "paused": _STARVES | tier("queue_paused", "1x200"),
            "a long batch of it runs": _STARVES | tier("queue_inflight", "1x200"),
            "no worker is there, which the other one tells": tier("queue_depth", "5x200") | _IDLE,
            "nothing waits": _STARVES | tier("queue_depth", "0x200"),
        },
        TIER,
        "5",
        at="40m",
    ),
    Case(
        "GivewayNoWorker",
        _LEFT_ALONE | of_operator("queue_workers", "0x200"),
        {
            "one is there": _LEFT_ALONE | of_operator("queue_workers", "1x200"),
            "paused": _LEFT_ALONE | of_operator("queue_paused", "1x200", labels=',tier="high"'),
            "nothing waits": of_operator("queue_depth", "0x200", labels=',tier="high"'),
            "a cold start": of_operator("queue_depth", "0x35 5x200", labels=',tier="high"'),
        },
        QUEUE,
        "5",
    ),
    Case(
        "GivewayDeadGrowing",
        of_worker("queue_dead", "0x20 15x200"),
        {
            "old ones": of_worker("queue_dead", "15x200"),
            "they are run again": of_worker("queue_dead", "15x20 3x200"),
        },
        QUEUE,
        "15",
    ),
    Case(
        "GivewayRedisAway",
        of_worker("redis_up", "0x200") | of_worker("redis_up", "1x200", instance="w2"),
        {"it answers": of_worker("redis_up", "1x200")},
        QUEUE,
    ),
    Case(
        "GivewayRedisFull",
        _memory(90, 100),
        {"room": _memory(70, 100), "no limit": _memory(90, 0)},
        QUEUE,
        "90%",
    ),
    Case(
        "GivewayRedisMayEvict",
        of_worker("redis_eviction_policy_unsafe", "1x200"),
        {
            "noeviction": of_worker("redis_eviction_policy_unsafe", "0x200")
            | condition("EvictionPolicy", "0x200"),
            "another condition": condition("Paused", "1x200"),
        },
        QUEUE,
    ),
    Case(
        "GivewayRedisMayEvict",
        condition("EvictionPolicy", "1x200"),
        {"said by one that does not lead": condition("EvictionPolicy", "1x200", instance="op2")},
        QUEUE,
    ),
    Case(
        "GivewayRedisEmptied",
        of_worker("engine_resets_total", "0x10 1x200"),
        {
            "never": of_worker("engine_resets_total", "0x200"),
            "long ago": of_worker("engine_resets_total", "1x200"),
        },
        QUEUE,
    ),
    Case(
        "GivewayConnectionsRecycled",
        _cut("0+1x200"),
        {"a failover": _cut("0x20 4x200")},
        QUEUE | {"reason": "error"},
        "30",
        at="30m",
    ),
    Case(
        "GivewayConnectionsRecycled",
        of_operator("connections_recycled_total", "0+1x200", labels=',reason="overslept"'),
        {
            "a few": of_operator(
                "connections_recycled_total", "0x20 4x200", labels=',reason="overslept"'
            )
        },
        QUEUE | {"reason": "overslept"},
        "30",
        at="30m",
    ),
    Case(
        "GivewayLeasesLost",
        of_worker("leases_lost_total", "0x20 15x200"),
        {"none": of_worker("leases_lost_total", "0x200")},
        QUEUE,
        "15",
    ),
    Case(
        "GivewayChildrenDie",
        _ended("signal", "0+1x200"),
        {
            "they are replaced in order": _ended("recycled", "0+1x200"),
            "one": _ended("exit", "0x20 1x200"),
        },
        QUEUE | {"reason": "signal"},
        "30",
        at="30m",
    ),
    Case(
        "GivewayOperatorNoLeader",
        NAMED | {f'giveway_operator_leader{{{SCRAPED},instance="op1"}}': "0x200"},
        {"one of two": NAMED},
        OPERATOR,
    ),
    Case("GivewayOperatorNoLeader", of_worker("queue_dead", "0x200"), {}, {}),
    Case(
        "GivewayOperatorBlind",
        of_operator("queue_readable", "0x200"),
        {
            "it sees": of_operator("queue_readable", "1x200"),
            "one that does not lead is blind": of_operator("queue_readable", "1x200")
            | of_operator("queue_readable", "0x200", instance="op2"),
        },
        RESOURCE,
    ),
    Case(
        "GivewayOperatorLate",
        itself("decision_age_seconds", "120x200"),
        {
            "in time": itself("decision_age_seconds", "2x200"),
            "one that waits": itself("decision_age_seconds", "900x200", instance="op2"),
        },
        OPERATOR | {"instance": "op1"},
        "2m 0s",
    ),
    Case(
        "GivewayOperatorFails",
        _ends("retried", "0+1x200"),
        {"it works": _ends("steady", "0+9x200"), "a hiccup": _ends("failed", "0x20 3x200")},
        OPERATOR | {"result": "retried"},
        "20",
        at="30m",
    ),
    Case(
        "GivewayQueueNotReady",
        condition("Ready", "0x200"),
        {
            "ready": condition("Ready", "1x200"),
            "it comes up": condition("Ready", "0x15 1x200"),
            "another condition": condition("Paused", "0x200"),
        },
        RESOURCE | {"type": "Ready"},
    ),
    Case(
        "GivewayScalingLimited",
        condition("ScalingLimited", "1x200") | promise("3x200"),
        {
            "nothing is late": condition("ScalingLimited", "1x200") | promise("1x200"),
            "no bound": condition("ScalingLimited", "0x200") | promise("4x200"),
        },
        RESOURCE | {"type": "ScalingLimited"},
    ),
    Case(
        "GivewayPodsRecycled",
        of_operator("pods_recycled_total", "0+1x200", labels=',reason="silent"'),
        {"one": of_operator("pods_recycled_total", "0x20 1x200", labels=',reason="silent"')},
        QUEUE | {"reason": "silent"},
        "120",
        at="80m",
    ),
    Case(
        "GivewayWatchSilent",
        itself("watch_gaps_total", "0x20 1x200"),
        {"never": itself("watch_gaps_total", "0x200")},
        OPERATOR,
        "1",
    ),
)
