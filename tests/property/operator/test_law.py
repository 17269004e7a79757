"""What the control law promises, whatever the queue: its invariants, one by one."""

from dataclasses import replace
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from giveway_operator import policy, staffing, windows
from giveway_operator.decision import Bounds, Decision, Memory
from giveway_operator.load import Load, Missing, Seen, TierLoad
from tests.property.operator import queues

law = settings(max_examples=60, deadline=None)
histories = st.lists(queues.loads() | queues.missing(), max_size=12)
LOOK = 2.0


class Watch:
    """An operator that looks at one queue every two seconds."""

    def __init__(self, bounds: Bounds, *, current: int, watched: float = 1e6) -> None:
        self.bounds, self.current, self.now = bounds, current, 2e6
        self.memory = Memory(since=self.now - watched)

    def look(self, seen: Seen) -> Decision:
        decision, self.memory = policy.decide(
            seen, bounds=self.bounds, memory=self.memory, current=self.current, now=self.now
        )
        self.current = decision.replicas
        self.now += LOOK
        return decision

    def would(self, seen: Seen) -> int:
        """What it would decide now; nothing happens."""
        decision, _ = policy.decide(
            seen, bounds=self.bounds, memory=self.memory, current=self.current, now=self.now
        )
        return decision.replicas


def watched(bounds: Bounds, current: int, history: list[Seen]) -> Watch:
    """An operator with any past."""
    watch = Watch(bounds, current=current)
    for seen in history:
        watch.look(seen)
    return watch


more = st.sampled_from(
    ("waiting", "oldest_seconds", "arrivals_per_second", "service_seconds", "batch_work_seconds")
)


@law
@given(
    queues.bounds(),
    st.integers(0, 60),
    histories,
    queues.loads(),
    st.data(),
)
def test_more_load_never_means_fewer_replicas(
    bounds: Bounds, current: int, history: list[Seen], load: Load, data: st.DataObject
) -> None:
    """With L, A, λ, S or the work left in batches of any tier larger, all else equal."""
    watch = watched(bounds, current, history)
    place = data.draw(st.integers(0, len(load.tiers) - 1))
    what, by = data.draw(more), data.draw(st.integers(1, 500) | queues.seconds(0.001, 500))
    tier = load.tiers[place]
    assume(what != "oldest_seconds" or tier.waiting)
    amount = int(by) or 1 if what == "waiting" else by
    grown = replace(tier, **{what: getattr(tier, what) + amount})
    tiers = (*load.tiers[:place], grown, *load.tiers[place + 1 :])
    assert watch.would(replace(load, tiers=tiers)) >= watch.would(load)


@law
@given(queues.bounds(), st.integers(0, 60), histories, queues.loads(), st.data())
def test_a_tighter_promise_never_means_fewer_replicas(
    bounds: Bounds, current: int, history: list[Seen], load: Load, data: st.DataObject
) -> None:
    watch = watched(bounds, current, history)
    place = data.draw(st.integers(0, len(load.tiers) - 1))
    tier = load.tiers[place]
    tighter = replace(tier, slo_seconds=tier.slo_seconds * data.draw(queues.seconds(0.01, 1)))
    tiers = (*load.tiers[:place], tighter, *load.tiers[place + 1 :])
    assert watch.would(replace(load, tiers=tiers)) >= watch.would(load)


@law
@given(queues.bounds(), st.integers(0, 60), histories, queues.missing())
def test_what_could_not_be_read_never_means_fewer_replicas(
    bounds: Bounds, current: int, history: list[Seen], missing: Missing
) -> None:
    watch = watched(bounds, current, history)
    assert watch.would(missing) >= min(watch.current, bounds.max_replicas)


@law
@given(queues.bounds(), st.integers(0, 300), histories)
def test_no_answer_is_outside_the_bounds(bounds: Bounds, current: int, history: list[Seen]) -> None:
    watch = Watch(bounds, current=current)
    for seen in history:
        assert bounds.min_replicas <= watch.look(seen).replicas <= bounds.max_replicas


@law
@given(queues.bounds(), st.integers(0, 60), histories, queues.loads() | queues.missing())
def test_the_same_for_ever_comes_to_rest(
    bounds: Bounds, current: int, history: list[Seen], seen: Seen
) -> None:
    """Once every window is over nothing changes any more, up or down."""
    watch = watched(bounds, current, history)
    for jump in (0.0, 1000.0, 2000.0, *[6.0] * 40):  # longer than any window, then steps
        watch.now += jump
        watch.look(seen)
    rest = watch.current
    for _ in range(10):
        assert watch.look(seen).replicas == rest


@law
@given(queues.bounds(), st.integers(0, 60), queues.loads(), st.randoms(use_true_random=False))
def test_the_order_of_lower_tiers_changes_nothing_above_them(
    bounds: Bounds, current: int, load: Load, random: Random
) -> None:
    """What tiers 1 to k need does not depend on what stands below k, in which order, or at all."""
    place = random.randrange(len(load.tiers))
    above, below = load.tiers[:place], list(load.tiers[place:])
    random.shuffle(below)
    needs = staffing.needs(load.tiers, startup=bounds.startup_seconds)
    shuffled = staffing.needs((*above, *below), startup=bounds.startup_seconds)
    alone = staffing.needs(above, startup=bounds.startup_seconds)
    assert needs[:place] == shuffled[:place] == alone


@law
@given(queues.bounds(), histories, st.lists(queues.tiers(), min_size=1, max_size=20))
def test_at_zero_an_old_rate_starts_nothing(
    bounds: Bounds, history: list[Seen], rates: list[tuple[TierLoad, ...]]
) -> None:
    """Whatever was seen before, and whatever λ and S say: only a task or a due time may."""
    bounds = replace(bounds, min_replicas=0)
    watch = watched(bounds, 0, history)
    watch.current = 0
    for tiers in rates:
        empty = Load(
            tuple(
                replace(
                    t, waiting=0, running=0, suspended=0, oldest_seconds=0.0, batch_work_seconds=0.0
                )
                for t in tiers
            ),
            due_seconds=bounds.startup_seconds + 3,
        )
        assert watch.look(empty).replicas == 0


@law
@given(queues.bounds(), st.integers(0, 300), queues.loads(), st.integers(1, 40))
def test_after_a_restart_nothing_shrinks_within_the_window(
    bounds: Bounds, current: int, load: Load, looks: int
) -> None:
    current = min(max(current, bounds.min_replicas), bounds.max_replicas)
    watch = Watch(bounds, current=current, watched=0)
    end = watch.now + windows.blind_window_seconds(bounds)
    for _ in range(looks):
        if watch.now < end:
            assert watch.look(load).replicas >= current


@law
@given(queues.bounds(), st.integers(0, 300), histories)
def test_steps_down_are_a_quarter_at_most_and_never_within_five_seconds(
    bounds: Bounds, current: int, history: list[Seen]
) -> None:
    current = min(max(current, bounds.min_replicas), bounds.max_replicas)
    watch, stepped = Watch(bounds, current=current), -1e9
    for seen in history:
        before, now = watch.current, watch.now
        after = watch.look(seen).replicas
        if after < before:
            assert before - after <= max(1, before // 4)
            assert now - stepped >= windows.STEP_SECONDS
            stepped = now


@law
@given(queues.bounds(), st.integers(0, 300), histories, queues.loads())
def test_nothing_that_runs_loses_its_slot(
    bounds: Bounds, current: int, history: list[Seen], load: Load
) -> None:
    """Unless the maximum itself says so."""
    watch = watched(bounds, min(current, bounds.max_replicas), history)
    running = sum(
        t.running - t.suspended for t in load.tiers if t.service_seconds >= staffing.LOOK_SECONDS
    )
    needed = -(-running // bounds.slots_per_replica)
    assert watch.would(load) >= min(watch.current, needed, bounds.max_replicas)


@settings(max_examples=10, deadline=None)
@given(queues.bounds(), st.lists(queues.loads() | queues.missing(), min_size=4, max_size=20))
def test_what_it_remembers_is_bounded(bounds: Bounds, history: list[Seen]) -> None:
    watch = Watch(bounds, current=bounds.min_replicas)
    for _ in range(30):
        for seen in history:
            watch.look(seen)
            watch.now += 1.7
    assert len(watch.memory.wanted) <= windows.PARTS + 1
    assert len(watch.memory.bursts) <= windows.PARTS + 1
