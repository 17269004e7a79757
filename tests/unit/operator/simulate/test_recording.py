"""A trace from counters: nothing is invented, nothing is lost."""

import pytest

from giveway.core.record import Snapshot, TierSnapshot
from giveway_operator.simulate.recording import Recording
from giveway_operator.simulate.trace import Arrival


def tier(name: str, *, depth: int = 0, oldest: float = 0.0, **counters: int) -> TierSnapshot:
    return TierSnapshot(
        name=name,
        open=True,
        paused=False,
        depth=depth,
        oldest_seconds=oldest,
        inflight=0,
        suspended=0,
        running_batches=0,
        delayed=0,
        due=0,
        counters=counters,
    )


def look(seconds: float, *tiers: TierSnapshot) -> Snapshot:
    return Snapshot(round(seconds * 1e6) + 10**15, tiers, dead=0, next_due_us=None, workers=1)


def recorded(*snapshots: Snapshot) -> Recording:
    recording = Recording()
    for snapshot in snapshots:
        recording.look(snapshot)
    return recording


def test_arrivals_are_spread_over_their_interval_and_take_its_mean() -> None:
    recording = recorded(
        look(0, tier("high", enqueued=10, claimed=10, done=10, busy_ms=9000)),
        look(2, tier("high", depth=1, enqueued=14, claimed=13, done=12, busy_ms=12000)),
    )
    at = [0.25, 0.75, 1.25, 1.75]
    assert recording.arrivals() == tuple(Arrival(each, 0, 1.5) for each in at)
    assert (recording.seconds, recording.arrived) == (2.0, 4)


def test_what_waits_at_the_first_look_arrives_at_the_beginning() -> None:
    recording = recorded(look(0, tier("high", depth=3)), look(1, tier("high", depth=3)))
    assert recording.arrivals() == (Arrival(0.0, 0, 1.0),) * 3


def test_an_interval_in_which_nothing_ended_borrows_from_the_nearest() -> None:
    recording = recorded(
        look(0, tier("high")),
        look(1, tier("high", depth=1)),
        look(2, tier("high", depth=1, claimed=1)),
        look(3, tier("high", claimed=2, done=1, busy_ms=500)),
        look(4, tier("high", claimed=2, done=1, busy_ms=500)),
        look(5, tier("high", claimed=3, done=2, busy_ms=2500)),
    )
    assert [each.service_seconds for each in recording.arrivals()] == [0.5, 0.5, 2.0]


def test_what_comes_back_is_no_arrival() -> None:
    recording = recorded(
        look(0, tier("low", claimed=1)),
        look(1, tier("low", depth=1, claimed=1, yielded=1)),
    )
    assert recording.arrivals() == ()


def test_a_tier_of_batches_gets_their_items() -> None:
    recording = recorded(
        look(0, tier("low")),
        look(60, tier("low", claimed=2, done=2, busy_ms=40_000, items=20)),
    )
    assert recording.arrivals() == (Arrival(15.0, 0, 20.0, 10), Arrival(45.0, 0, 20.0, 10))


def test_an_emptied_redis_makes_no_arrivals() -> None:
    recording = recorded(
        look(0, tier("high", claimed=100, done=100)),
        look(1, tier("high", claimed=1, done=1)),
        look(2, tier("high", claimed=3, done=3, busy_ms=3)),
    )
    assert recording.arrived == 2


def test_a_tier_that_comes_later_stands_below_those_before() -> None:
    recording = recorded(
        look(0, tier("high")),
        look(1, tier("high"), tier("low", depth=1)),
        look(2, tier("high", depth=1), tier("low", depth=2)),
    )
    assert recording.tiers == ("high", "low")
    assert [each.tier for each in recording.arrivals()] == [0, 1]


def test_a_look_of_the_same_instant_changes_nothing() -> None:
    recording = recorded(look(1, tier("high")), look(1, tier("high", depth=5)))
    assert (recording.arrived, recording.seconds) == (0, 0.0)


def test_a_recording_of_nothing_is_empty() -> None:
    assert Recording().arrivals() == ()
    assert Recording().seconds == pytest.approx(0)
