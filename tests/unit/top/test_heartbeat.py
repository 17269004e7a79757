"""What workers say of themselves becomes facts, however old or new the worker is."""

from typing import Any

import pytest

from giveway.cli.top import heartbeat
from giveway.cli.top.facts import GaveWay, Phase, Work
from giveway.core.buckets import WAIT_BUCKETS
from giveway.store.reads import WorkerRecord

NOW_US = 1_700_000_000_000_000
COUNTS = [0] * len(WAIT_BUCKETS)
ABOUT: dict[str, Any] = {
    "host": "node-1",
    "pid": 4711,
    "pod": "",
    "version": "1.2.3",
    "processes": 2,
    "slots": 3,
    "tiers": ["high", "low"],
    "children": [4712, 4713],
    "running": 1,
    "started": 1_699_999_000,
    "work": [
        {
            "p": 1,
            "s": 0,
            "id": "abc",
            "task": "build_all",
            "tier": "low",
            "state": "suspended",
            "for_ms": 2500,
        }
    ],
    "waits": {"high": COUNTS},
    "gave_way": [
        {
            "at": 1_699_999_999_000,
            "from_id": "abc",
            "from_tier": "low",
            "to_id": "def",
            "to_tier": "high",
            "mode": "inline",
        }
    ],
}


def record(about: dict[str, Any], *, name: str = "w", seconds_ago: float = 1.0) -> WorkerRecord:
    return WorkerRecord(name, NOW_US - int(seconds_ago * 1e6), about)


def test_everything_that_a_worker_says_is_understood() -> None:
    found = heartbeat.worker(record(ABOUT), now_us=NOW_US)
    assert (found.place, found.version, found.tiers) == (
        "node-1 pid 4711",
        "1.2.3",
        ("high", "low"),
    )
    assert (found.capacity, found.running, found.free) == (6, 1, 5)
    assert found.work == (Work(1, 0, "abc", "build_all", "low", Phase.SUSPENDED, 2.5),)
    assert found.waits == {"high": tuple(COUNTS)}
    assert found.gave_way == (GaveWay(1_699_999_999_000, "abc", "low", "def", "high", "inline"),)
    assert (found.silent_seconds, found.silent) == (1.0, False)


def test_in_a_pod_a_worker_is_called_by_its_pod() -> None:
    assert heartbeat.worker(record(ABOUT | {"pod": "web-7f9c"}), now_us=NOW_US).place == "web-7f9c"


def test_a_worker_of_before_the_longer_heartbeat_is_shown_without_it() -> None:
    old = {name: ABOUT[name] for name in ("host", "pid", "processes", "slots", "tiers", "running")}
    found = heartbeat.worker(record(old), now_us=NOW_US)
    assert (found.capacity, found.running) == (6, 1)
    assert (found.work, found.waits, found.gave_way, found.version) == ((), {}, (), "")


@pytest.mark.parametrize(
    "strange",
    [
        {},
        dict.fromkeys(ABOUT),
        dict.fromkeys(ABOUT, "text"),
        dict.fromkeys(ABOUT, 7),
        {name: [None, 3, "x", {}, []] for name in ABOUT},
        {name: {"a": {}} for name in ABOUT},
        ABOUT | {"work": [{"state": "levitating", "p": 0, "s": 0, "id": "x"}]},
        ABOUT | {"waits": {"high": [1, 2, 3]}},
        ABOUT | {"waits": {"high": ["1"] * len(WAIT_BUCKETS)}},
    ],
)
def test_what_is_not_understood_is_left_out(strange: dict[str, Any]) -> None:
    found = heartbeat.worker(record(strange), now_us=NOW_US)
    assert found.name == "w"
    assert found.place
    assert found.work == () or strange.get("work") == ABOUT["work"]
    assert found.waits == {} or strange.get("waits") == ABOUT["waits"]


def test_silent_workers_stand_first_and_those_long_gone_or_leaving_nowhere() -> None:
    records = [
        record(ABOUT, name="b", seconds_ago=1.9),
        record(ABOUT, name="a"),
        record(ABOUT, name="silent", seconds_ago=11.0),
        record(ABOUT, name="gone", seconds_ago=121.0),
        record(ABOUT | {"leaving": True}, name="left"),
    ]
    found = heartbeat.workers(records, now_us=NOW_US)
    assert [one.name for one in found] == ["silent", "a", "b"]
    assert [one.silent for one in found] == [True, False, False]


def test_a_clock_that_steps_back_makes_nobody_younger_than_now() -> None:
    assert heartbeat.worker(record(ABOUT, seconds_ago=-5.0), now_us=NOW_US).silent_seconds == 0
