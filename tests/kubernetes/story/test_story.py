"""2,000 items with low priority, three people in a hurry, and pods only while there is work."""

from collections import Counter

import pytest

from tests.kubernetes.conftest import Say
from tests.kubernetes.story.artifacts import artifact
from tests.kubernetes.story.telling import BATCHES, QUEUE
from tests.kubernetes.story.timeline import Timeline

pytestmark = pytest.mark.timeout(900)  # the first one builds an image and starts a cluster

LIMIT_SECONDS = 0.050  # beside the item that is at hand


def test_every_item_is_done_exactly_once_and_nothing_is_lost(told: Timeline) -> None:
    begun = Counter((each.work, each.number) for each in told.work)
    wanted = {
        (f"batch {name}", item)
        for name, items in enumerate(BATCHES, start=1)
        for item in range(items)
    }
    assert set(begun) == wanted | {("urgent", call.number) for call in told.calls}
    assert set(begun.values()) == {1}, [each for each, times in begun.items() if times != 1]
    assert [each for each in told.work if each.ended_at is None] == []


def test_nothing_failed_no_lease_ran_out_and_each_call_stopped_one_batch(told: Timeline) -> None:
    unwanted = ("failed", "retried", "dead", "crashed", "lost", "recovered", "cancelled")
    counted = {name: count for name, count in told.counted.items() if count}
    assert [name for name in counted if name.partition(":")[2] in unwanted] == []
    assert (counted["low:done"], counted["high:done"]) == (len(BATCHES), len(told.calls))
    assert counted["low:preempted"] == len(told.calls)


def test_pods_come_when_there_is_work_and_all_go_when_there_is_none(told: Timeline) -> None:
    first, last = told.samples[0], told.samples[-1]
    assert (first.replicas, first.present) == (0, frozenset())
    assert 1 < max(len(each.ready) for each in told.samples) <= len(BATCHES)
    assert (last.replicas, last.present, last.waiting) == (0, frozenset(), 0)


def test_an_urgent_task_starts_within_one_item_and_50_ms_while_every_pod_is_busy(
    told: Timeline, say: Say
) -> None:
    for call in told.calls:
        waited, late = told.wait_seconds(call), told.late_seconds(call)
        say(f"urgent task {call.number}: {waited * 1000:.1f} ms, an item and {late * 1000:.1f} ms")
        busy, serving = told.busy_pods(call.at), told.serving_pods(call.at)
        assert len(busy) > 1, f"call {call.number} came when hardly anybody was there"
        assert serving <= busy, f"call {call.number}: {serving - busy} had nothing to do"
        assert waited > 0
        assert late <= LIMIT_SECONDS, f"call {call.number}: {late * 1000:.0f} ms and an item"


def test_the_batch_that_gave_way_goes_on_on_its_pod_where_it_stopped(told: Timeline) -> None:
    for call in told.calls:
        answer = told.answer(call)
        there = [each for each in told.of(answer.pod) if each.is_item]
        before = [each for each in there if each.began_at < answer.began_at][-1]
        after = next(each for each in there if each.began_at > answer.began_at)
        assert before.ended_at is not None
        assert answer.ended_at is not None
        assert before.ended_at <= answer.began_at, "the task ran beside the item"
        assert answer.ended_at <= after.began_at, "the batch went on beside the task"
        assert (after.work, after.number) == (before.work, before.number + 1)


def test_idle_pods_go_first_and_none_in_the_midst_of_its_work(told: Timeline) -> None:
    went_at = {pod: told.told_to_go_at(pod) for pod in told.pods}
    worked_until = {pod: max(each.ended_at or 0 for each in told.of(pod)) for pod in told.pods}
    torn = [pod for pod in told.pods if worked_until[pod] > went_at[pod]]
    assert not torn, f"{torn} were told to go while they worked"
    early = [pod for pod in told.pods if went_at[pod] < max(worked_until.values())]
    assert early, "no pod went while another one worked"


@pytest.mark.usefixtures("told")
def test_its_picture_is_kept() -> None:
    assert artifact(f"{QUEUE}.png").read_bytes().startswith(b"\x89PNG")
