"""Which pod lives but does not get on."""

from dataclasses import replace
from typing import Any

import pytest

from giveway.core.record import Snapshot, TierSnapshot
from giveway_operator.facts import PodFacts, WorkerFacts
from giveway_operator.stuck import (
    SILENT_TOO_LONG_SECONDS,
    STUCK_SECONDS,
    Stuck,
    few,
    has_work,
    suspects,
)

POD = PodFacts(name="web-1", uid="u1", ready=True, deleting=False, created_at=100.0)


def worker(**more: Any) -> WorkerFacts:
    facts: dict[str, Any] = {
        "incarnation": "web-1.7.ab",
        "pod": "web-1",
        "silent_seconds": 1.0,
        "leaving": False,
        "started_at": 110.0,
        "processes": 1,
        "slots": 1,
        "running": 0,
        "pod_uid": "u1",
    }
    return WorkerFacts(**(facts | more))


def why(*workers: WorkerFacts, pod: PodFacts = POD, has_work: bool = True) -> Stuck | None:
    found = suspects([pod], workers=workers, has_work=has_work)
    return found[0].why if found else None


def test_a_worker_that_gets_on_is_left_alone() -> None:
    assert why(worker()) is None
    assert why(worker(stuck_seconds=STUCK_SECONDS)) is None, "its own remedy has its chance first"
    assert why(worker(silent_seconds=SILENT_TOO_LONG_SECONDS)) is None
    assert why() is None, "nothing was ever heard of it: that is not for us to judge"


def test_a_claim_loop_that_stands_still_while_the_heart_beats() -> None:
    assert why(worker(stuck_seconds=46)) is Stuck.CONSUMER_STUCK
    assert why(worker(stuck_seconds=46), has_work=False) is Stuck.CONSUMER_STUCK
    (found,) = suspects([POD], workers=[worker(stuck_seconds=46)], has_work=True)
    assert (found.pod, found.for_seconds) == (POD, 46)


def test_silence_counts_only_where_there_is_work() -> None:
    assert why(worker(silent_seconds=61)) is Stuck.SILENT
    assert why(worker(silent_seconds=61), has_work=False) is None
    # What it said before it fell silent is no news.
    assert why(worker(silent_seconds=30, stuck_seconds=46)) is None


@pytest.mark.parametrize(
    "changes", [{"leaving": True}, {"draining": True}, {"pod": "web-2", "pod_uid": "u2"}]
)
def test_a_worker_on_its_way_out_or_in_another_pod_accuses_nobody(changes: dict[str, Any]) -> None:
    assert why(worker(silent_seconds=61, **changes)) is None


def test_a_pod_that_goes_or_whose_trouble_is_known_is_not_judged() -> None:
    silent = worker(silent_seconds=61)
    assert why(silent, pod=replace(POD, deleting=True)) is None
    assert why(silent, pod=replace(POD, trouble="CrashLoopBackOff")) is None


def test_a_container_that_was_started_again_is_judged_by_its_new_worker() -> None:
    old = worker(silent_seconds=300)
    new = worker(incarnation="web-1.8.cd", started_at=400.0)
    assert why(old, new) is None
    assert why(new, old) is None


def test_a_worker_is_in_a_pod_by_its_uid_and_by_its_name_only_if_it_says_no_uid() -> None:
    assert why(worker(silent_seconds=61, pod_uid="another")) is None, "a name that came back"
    assert why(worker(silent_seconds=61, pod_uid="")) is Stuck.SILENT


def test_the_longest_stuck_comes_first() -> None:
    pods = [replace(POD, name=name, uid=name) for name in ("a", "b", "c")]
    workers = [
        worker(pod_uid="a", silent_seconds=70),
        worker(pod_uid="b", silent_seconds=90),
        worker(pod_uid="c", stuck_seconds=80),
    ]
    found = suspects(pods, workers=workers, has_work=True)
    assert [one.pod.name for one in found] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("count", "of", "expected"),
    [(1, 1, True), (2, 2, False), (2, 7, False), (2, 8, True), (3, 11, False), (0, 5, True)],
)
def test_many_at_once_are_nobodys_own_fault(count: int, of: int, expected: bool) -> None:
    assert few(count, of=of) is expected


@pytest.mark.parametrize(
    ("depth", "inflight", "expected"), [(0, 0, False), (1, 0, True), (0, 1, True)]
)
def test_work_is_what_waits_or_is_in_hand(depth: int, inflight: int, expected: bool) -> None:
    def tier(name: str, depth: int, inflight: int) -> TierSnapshot:
        return TierSnapshot(name, True, False, depth, 0.0, inflight, 0, 0, 5, 0)

    tiers = (tier("high", 0, 0), tier("low", depth, inflight))
    assert has_work(Snapshot(0, tiers, 0, None, 1)) is expected
