"""Wake-up markers and the bell: as many as there is claimable work, never one in vain."""

from collections.abc import Iterator
from typing import Any

import pytest

from giveway.core.keys import BELL
from tests.contract.desk import Desk, back, dead, done, retry


def digits(count: int) -> list[str]:
    return sorted(str(n) for n in range(count))


@pytest.mark.parametrize(("tasks", "markers"), [(1, 1), (15, 15), (16, 16), (17, 16), (40, 16)])
def test_there_are_as_many_markers_as_claimable_tasks_and_at_most_16(
    desk: Desk, tasks: int, markers: int
) -> None:
    desk.enqueue(*[f"t{n}" for n in range(tasks)])
    assert sorted(desk.markers("low")) == digits(markers)


def test_a_claim_takes_markers_away_with_the_work(desk: Desk) -> None:
    desk.enqueue(*[f"t{n}" for n in range(18)])
    left = []
    for _ in range(4):
        desk.claim(5)
        left.append(len(desk.markers("low")))
    assert left == [13, 8, 3, 0]


def test_a_claim_arms_again_what_its_waker_took(desk: Desk) -> None:
    desk.enqueue("a", "b", "c")
    desk.client.bzpopmin(desk.keys.wake("low"), 1)
    desk.claim(1)
    assert len(desk.markers("low")) == 2


def test_a_consumer_that_finds_its_work_taken_disarms_what_is_left(desk: Desk) -> None:
    desk.client.zadd(desk.keys.wake("low"), {"0": 0, "1": 0})
    desk.enqueue("a")
    assert desk.markers("low") == ["0"]


def test_whatever_makes_work_ready_arms(desk: Desk) -> None:
    """One path after the other: forgetting one leaves work with nobody to wake."""
    desk.enqueue("a")
    task = desk.take()
    assert desk.markers("low") == []
    desk.settle(retry(task))
    assert desk.markers("low") == ["0"], "a retry"
    task = desk.take()
    desk.release(back(task))
    assert desk.markers("low") == ["0"], "a release"
    task = desk.take()
    desk.expire("a")
    desk.renew()
    assert desk.markers("low") == ["0"], "a recovery"
    task = desk.take()
    desk.settle(retry(task, delay_us=60_000_000))
    assert desk.markers("low") == ["due"], "a delay"
    desk.make_due("a")
    desk.renew()
    assert desk.markers("low") == ["0", "due"], "a promotion"
    task = desk.take()
    desk.settle(dead(task))
    desk.redrive("a")
    assert "0" in desk.markers("low"), "a redrive"


def test_pausing_disarms_and_resuming_arms(desk: Desk) -> None:
    desk.enqueue("a", "b")
    desk.run(desk.commands.pause(desk.request(), ["low"], True))
    assert desk.markers("low") == []
    desk.enqueue("c")
    assert desk.markers("low") == []
    desk.run(desk.commands.pause(desk.request(), ["low"], False))
    assert len(desk.markers("low")) == 3


def test_cancelled_work_wakes_nobody(desk: Desk) -> None:
    desk.enqueue("a", "b")
    desk.cancel("a")
    assert desk.markers("low") == ["0"]
    desk.cancel("b")
    assert desk.markers("low") == []


def test_a_give_way_takes_the_marker_with_the_task(desk: Desk) -> None:
    batch = desk.batch()
    desk.enqueue("urgent", tier="high")
    desk.age("urgent", 50)
    desk.checkpoint(batch)
    assert desk.markers("high") == []


def test_the_notice_survives_and_is_never_counted(desk: Desk) -> None:
    desk.enqueue("later", delay_us=60_000_000)
    desk.enqueue("a", "b")
    assert desk.markers("low") == ["0", "1", "due"]
    desk.claim(2)
    assert desk.markers("low") == ["due"]


def test_a_foreign_marker_is_as_good_as_ours(desk: Desk) -> None:
    desk.client.rpush(desk.keys.tier("low"), b'{"task":"x"}')
    desk.client.zadd(desk.keys.wake("low"), {"0": 0})
    desk.claim(1)
    assert desk.markers("low") == []


# The bell


@pytest.fixture
def bell(desk: Desk) -> Iterator[Any]:
    """Hears the queue's own rings."""
    pubsub = desk.client.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(BELL)
    while not pubsub.subscribed or pubsub.get_message(timeout=5) is not None:
        pass

    def rings() -> int:
        """How often it has rung until now: a message of our own marks the end."""
        desk.client.publish(BELL, "end of " + desk.keys.queue)
        heard = 0
        for message in pubsub.listen():
            if message["data"] == f"end of {desk.keys.queue}".encode():
                return heard
            heard += message["data"] == desk.keys.queue.encode()
        raise AssertionError

    yield rings
    pubsub.close()


def test_the_bell_rings_when_a_tier_goes_from_empty_to_ready_and_only_then(
    desk: Desk, bell: Any
) -> None:
    desk.enqueue("a")
    assert bell() == 1
    desk.enqueue("b")
    desk.enqueue("later", tier="normal", delay_us=60_000_000)
    assert bell() == 0
    a, b = desk.claim(2).claimed
    desk.settle(done(a))
    assert bell() == 0
    desk.release(back(b))
    assert bell() == 1
    desk.make_due("later")
    desk.renew()
    assert bell() == 1


def test_the_bell_rings_when_a_paused_tier_with_work_is_resumed(desk: Desk, bell: Any) -> None:
    desk.run(desk.commands.pause(desk.request(), ["low"], True))
    desk.enqueue("a")
    assert bell() == 0
    desk.run(desk.commands.pause(desk.request(), ["low"], False))
    assert bell() == 1
