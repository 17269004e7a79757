"""Counters of consecutive looks become rates."""

from dataclasses import dataclass, field, replace

import pytest

from giveway.core.record import Snapshot, TierSnapshot
from giveway_operator.load import Load, TierLoad, TierPromise
from giveway_operator.rates import PARTS, Rates

PROMISES = (TierPromise("high", 5, 0.5), TierPromise("low", 600, 30))
EMPTY = TierSnapshot("high", True, False, 0, 0.0, 0, 0, 0, 0, 0)


def snapshot(*tiers: TierSnapshot, due_us: int | None = None) -> Snapshot:
    return Snapshot(server_time_us=0, tiers=tiers, dead=0, next_due_us=due_us, workers=1)


@dataclass
class Watched:
    """One tier of a queue, looked at every two seconds."""

    tier: TierSnapshot = EMPTY
    rates: Rates = field(default_factory=Rates)
    now: float = 1000.0

    def look(self, *, seconds: float = 2.0, depth: int | None = None, **more: int) -> TierLoad:
        """So much later: counters have grown by `more`, and so many wait."""
        self.now += seconds
        counters = dict(self.tier.counters)
        for name, n in more.items():
            counters[name] = counters.get(name, 0) + n
        self.tier = replace(
            self.tier, depth=self.tier.depth if depth is None else depth, counters=counters
        )
        return self.again()

    def again(self) -> TierLoad:
        load = self.rates.look(
            snapshot(self.tier), promises=PROMISES[:1], now=self.now, has_workers=True
        )
        return load.tiers[0]

    def look_for(self, seconds: float, **each: int) -> TierLoad:
        """Every two seconds the same."""
        for _ in range(int(seconds / 2)):
            self.look(**each)
        return self.again()


def test_a_first_look_knows_no_rate_and_believes_the_resource() -> None:
    first = Watched(replace(EMPTY, depth=7, counters={"claimed": 10**6, "busy_ms": 10**9}))
    load = first.again()
    assert (load.waiting, load.arrivals_per_second, load.service_seconds) == (7, 0.0, 0.5)


def test_what_is_claimed_or_waits_has_arrived() -> None:
    queue = Watched()
    queue.again()
    queue.look_for(100, claimed=3, enqueued=4, depth=0)
    assert queue.again().arrivals_per_second == pytest.approx(1.5)
    more = Watched()
    more.again()
    for looked in range(50):
        more.look(depth=8 * (looked + 1))  # raw pushes: no counter tells of them
    assert more.again().arrivals_per_second == pytest.approx(4.0)


@pytest.mark.parametrize("back", ["yielded", "released", "recovered"])
def test_what_came_back_has_not_arrived_again(back: str) -> None:
    queue = Watched(replace(EMPTY, inflight=1))
    queue.again()
    assert queue.look_for(60, claimed=5, **{back: 5}).arrivals_per_second == 0


def test_what_was_cancelled_while_it_waited_had_arrived() -> None:
    queue = Watched()
    queue.again()
    load = queue.look_for(100, enqueued=10, claimed=4, cancelled=6)
    assert load.arrivals_per_second == pytest.approx(5.0)


def test_a_mass_cancel_of_delayed_tasks_is_no_burst() -> None:
    queue = Watched(replace(EMPTY, delayed=5000))
    queue.again()
    assert queue.look(cancelled=5000).arrivals_per_second == 0


def test_a_burst_shows_after_twenty_seconds_and_noise_does_not() -> None:
    queue = Watched()
    queue.again()
    assert queue.look_for(100, claimed=2).arrivals_per_second == pytest.approx(1.0)
    # 1.1 a second is within two sigmas of 20 s: 1 + 2·√(1/20) = 1.45
    noise = queue.look(claimed=4)
    assert noise.arrivals_per_second == pytest.approx(1.0, abs=0.1)
    burst = queue.look_for(20, claimed=20)
    assert burst.arrivals_per_second == pytest.approx(10.0)


def test_one_task_after_a_long_silence_is_no_rate_to_speak_of() -> None:
    queue = Watched()
    queue.again()
    queue.look_for(200)
    assert queue.look(claimed=1).arrivals_per_second == pytest.approx(1 / 90)


def test_a_tier_with_an_hour_is_staffed_for_the_mean_of_its_hour() -> None:
    """A heap of 120 stands in the backlog; as a rate it is 120 in 0.6 hours, not in 20 s."""
    patient = Watched()
    promise = TierPromise("high", 3600, 60)
    patient.rates.look(
        snapshot(patient.tier), promises=(promise,), now=patient.now, has_workers=True
    )
    rates = []
    for looked in range(1200):
        patient.tier = replace(
            patient.tier, depth=0, counters={"claimed": 120 if looked > 1100 else 0}
        )
        patient.now += 2
        (load,) = patient.rates.look(
            snapshot(patient.tier), promises=(promise,), now=patient.now, has_workers=True
        ).tiers
        rates.append(load.arrivals_per_second)
    assert max(rates) == pytest.approx(120 / 2160, rel=0.02)


def test_a_rate_fades_with_its_window() -> None:
    queue = Watched()
    queue.again()
    queue.look_for(100, claimed=20)
    assert queue.look_for(92).arrivals_per_second == 0


def test_two_looks_after_a_start_make_no_rate_of_two_seconds() -> None:
    queue = Watched()
    queue.again()
    assert queue.look(claimed=10).arrivals_per_second == pytest.approx(10 / 20)


def test_after_a_gap_the_mean_is_over_the_gap() -> None:
    queue = Watched()
    queue.again()
    queue.look_for(100, claimed=2)
    after = queue.look(seconds=300, claimed=300)
    assert after.arrivals_per_second == pytest.approx(1.0, rel=0.01)


def test_a_flush_is_no_arrival_and_no_work() -> None:
    queue = Watched()
    queue.again()
    before = queue.look_for(100, claimed=2, done=2, busy_ms=4000)
    queue.tier = replace(queue.tier, counters={"claimed": 1}, depth=0)
    flushed = queue.look()
    assert flushed.arrivals_per_second == 0
    assert flushed.service_seconds == before.service_seconds
    assert queue.look_for(20, claimed=2).arrivals_per_second == pytest.approx(1.0)


def test_a_clock_that_does_not_move_changes_nothing() -> None:
    queue = Watched()
    queue.again()
    before = queue.look_for(100, claimed=2, done=2, busy_ms=600)
    queue.look(seconds=0, claimed=1000, done=1000, busy_ms=1)
    same = queue.again()
    assert same.arrivals_per_second == before.arrivals_per_second
    assert same.service_seconds == before.service_seconds
    # and what happened meanwhile is not lost
    assert queue.look().arrivals_per_second > before.arrivals_per_second


def test_the_mean_of_a_task_is_its_busy_time() -> None:
    queue = Watched()
    queue.again()
    load = queue.look_for(60, claimed=2, done=1, retried=1, failed=1, busy_ms=6000)
    assert load.service_seconds == pytest.approx(3.0, rel=0.01)


def test_a_task_that_was_cancelled_in_hand_says_nothing_of_the_others() -> None:
    queue = Watched()
    queue.again()
    assert queue.look(claimed=1, cancelled=1, busy_ms=60_000).service_seconds == 0.5


def test_the_first_measured_task_outweighs_what_was_expected() -> None:
    queue = Watched()
    queue.again()
    assert queue.look(claimed=1, done=1, busy_ms=60_000).service_seconds > 50


def test_the_mean_of_a_task_follows_a_change_and_not_a_single_one() -> None:
    queue = Watched()
    queue.again()
    queue.look_for(300, claimed=2, done=2, busy_ms=2000)
    one = queue.look(claimed=1, done=1, busy_ms=20_000)
    assert one.service_seconds < 1.5
    slower = queue.look_for(180, claimed=2, done=2, busy_ms=8000)
    assert slower.service_seconds == pytest.approx(4.0, rel=0.1)


def test_what_is_left_in_batches_is_items_at_their_measured_time() -> None:
    queue = Watched(replace(EMPTY, inflight=2, running_batches=2))
    queue.again()
    queue.look_for(60, items=4, items_ms=2000)
    queue.tier = replace(queue.tier, items_left=100)
    load = queue.again()
    assert load.item_seconds == pytest.approx(0.5)
    assert load.batch_work_seconds == pytest.approx(50.0)


def test_time_inside_an_item_belongs_to_the_item() -> None:
    """Three looks find the batch at work on one item, the fourth finds it done."""
    queue = Watched(replace(EMPTY, inflight=1, running_batches=1))
    queue.again()
    for _ in range(20):
        for items in (0, 0, 0, 1):
            queue.look(items=items, items_ms=2000)
    assert queue.again().item_seconds == pytest.approx(8.0, rel=0.05)


def test_memory_is_bounded_however_often_one_looks() -> None:
    queue = Watched()
    queue.again()
    for _ in range(3000):
        queue.look(seconds=0.1, claimed=1)
    (tier,) = queue.rates._tiers.values()
    assert len(tier.samples) <= PARTS + 3
    assert queue.again().arrivals_per_second == pytest.approx(10.0, rel=0.02)


def test_an_idle_queue_costs_next_to_nothing() -> None:
    queue = Watched()
    queue.again()
    queue.look_for(40, claimed=1)
    queue.look_for(3000)
    (tier,) = queue.rates._tiers.values()
    assert len(tier.samples) <= 3
    assert queue.look_for(90, claimed=1).arrivals_per_second == pytest.approx(0.5, rel=0.03)


def test_a_tier_that_vanished_is_forgotten_and_begins_anew() -> None:
    queue = Watched()
    queue.again()
    queue.look_for(100, claimed=2)
    queue.rates.look(snapshot(), promises=(), now=queue.now + 2, has_workers=True)
    assert not queue.rates._tiers
    assert queue.look(seconds=4).arrivals_per_second == 0


def look(rates: Rates, *tiers: TierSnapshot, **more: object) -> Load:
    due = more.pop("due_us", None)
    assert due is None or isinstance(due, int)
    serves = more.pop("serves", None)
    assert serves is None or isinstance(serves, frozenset)
    return rates.look(
        snapshot(*tiers, due_us=due),
        promises=PROMISES,
        now=0.0,
        has_workers=not more.pop("nobody", False),
        serves=serves,
    )


def test_tiers_come_in_the_order_of_the_queue_each_with_its_promise() -> None:
    low, high = replace(EMPTY, name="low"), EMPTY
    load = look(Rates(), high, low)
    assert [(t.name, t.slo_seconds, t.service_seconds) for t in load.tiers] == [
        ("high", 5, 0.5),
        ("low", 600, 30),
    ]


def test_a_draining_tier_has_the_promise_of_the_next_one_below() -> None:
    old = replace(EMPTY, name="old", open=False, depth=9)
    between = look(Rates(), EMPTY, old, replace(EMPTY, name="low"))
    assert [(t.name, t.slo_seconds) for t in between.tiers] == [
        ("high", 5),
        ("old", 600),
        ("low", 600),
    ]
    last = look(Rates(), EMPTY, replace(EMPTY, name="low"), old)
    assert last.tiers[-1].slo_seconds == 600


def test_a_tier_that_only_the_resource_names_is_empty() -> None:
    load = look(Rates(), EMPTY)
    assert load.tiers[1] == TierLoad("low", 600, service_seconds=30)


def test_workers_of_one_tier_see_that_tier() -> None:
    load = look(
        Rates(),
        EMPTY,
        replace(EMPTY, name="low", delayed=1),
        serves=frozenset({"high"}),
        due_us=5_000_000,
    )
    assert [t.name for t in load.tiers] == ["high"]
    assert load.due_seconds is None


def test_without_workers_what_is_due_waits() -> None:
    late = replace(EMPTY, due=3, depth=1)
    assert look(Rates(), late, nobody=True).tiers[0].waiting == 4
    assert look(Rates(), late).tiers[0].waiting == 1


def test_the_next_due_task_is_told_unless_its_tier_is_paused() -> None:
    later = replace(EMPTY, delayed=1)
    assert look(Rates(), later, due_us=1_500_000).due_seconds == 1.5
    assert look(Rates(), replace(later, paused=True), due_us=1_500_000).due_seconds is None
    assert look(Rates(), later).due_seconds is None
