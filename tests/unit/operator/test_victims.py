"""Who goes when there are to be fewer: each rule of `victims` by its number."""

from giveway_operator.facts import PodFacts
from giveway_operator.victims import choose, leaving, may_go
from tests.unit.operator.seen import batch, busy, pod, task, worker

NOBODY: frozenset[str] = frozenset()


def names(pods: tuple[PodFacts, ...]) -> list[str]:
    return [one.name for one in pods]


def test_nobody_goes_when_nobody_has_to() -> None:
    chosen = choose([pod("a")], workers=[worker("a")], asked=NOBODY, fewer=0)

    assert (chosen.go, chosen.drain, chosen.waiting) == ((), NOBODY, ())


def test_rule_1_a_pod_that_is_being_deleted_is_no_candidate() -> None:
    pods = [pod("going", deleting=True), pod("a")]

    chosen = choose(pods, workers=[worker("going"), worker("a")], asked=NOBODY, fewer=1)

    assert chosen.drain == {"i-a"}


def test_rule_1_a_ready_pod_whose_worker_is_unheard_of_is_never_chosen() -> None:
    pods = [pod("mute"), pod("silent"), pod("a")]
    workers = [worker("silent", silent_seconds=60.0), worker("a")]

    chosen = choose(pods, workers=workers, asked=NOBODY, fewer=3)

    assert chosen.drain == {"i-a"}
    assert names(chosen.unheard) == ["mute", "silent"]


def test_rule_2_what_is_not_ready_goes_first_and_at_once_if_nobody_works_in_it() -> None:
    pods = [pod("idle"), pod("starting", ready=False)]

    chosen = choose(pods, workers=[worker("idle")], asked=NOBODY, fewer=1)

    assert names(chosen.go) == ["starting"]
    assert chosen.drain == NOBODY


def test_rule_3_who_is_asked_already_stays_chosen() -> None:
    pods = [pod("younger", created_at=900.0), pod("asked", created_at=1.0)]
    workers = [worker("younger"), worker("asked", running=1)]

    chosen = choose(pods, workers=workers, asked=frozenset({"i-asked"}), fewer=1)

    assert (chosen.drain, chosen.give_back) == (NOBODY, NOBODY)
    assert names(chosen.waiting) == ["asked"]


def test_rule_3_the_drained_come_before_those_that_still_work() -> None:
    pods = [pod("works"), pod("drained")]
    workers = [busy("works", task(), draining=True), worker("drained", draining=True)]

    chosen = choose(pods, workers=workers, asked=frozenset({"i-works", "i-drained"}), fewer=1)

    assert names(chosen.go) == ["drained"]
    assert chosen.give_back == {"i-works"}


def test_rule_4_of_idle_pods_the_youngest_is_asked_first() -> None:
    pods = [pod("old", created_at=1.0), pod("young", created_at=50.0), pod("mid", created_at=9.0)]

    chosen = choose(pods, workers=[worker(one.name) for one in pods], asked=NOBODY, fewer=1)

    assert chosen.drain == {"i-young"}


def test_rule_4_an_idle_pod_does_not_go_before_it_has_drained() -> None:
    chosen = choose([pod("a")], workers=[worker("a")], asked=frozenset({"i-a"}), fewer=1)

    assert chosen.go == ()
    assert names(chosen.waiting) == ["a"]


def test_rule_5_of_busy_pods_the_batch_that_checkpointed_last_is_asked() -> None:
    pods = [pod("task"), pod("long-ago"), pod("just-now"), pod("free")]
    workers = [
        busy("task", task()),
        busy("long-ago", batch(30.0)),
        busy("just-now", batch(0.2)),
        worker("free", slots=4, running=3),
    ]

    chosen = choose(pods, workers=workers, asked=NOBODY, fewer=1)

    assert chosen.drain == {"i-just-now"}


def test_rule_5_a_batch_that_never_saved_counts_from_its_start() -> None:
    pods = [pod("unsaved"), pod("saved"), pod("free")]
    workers = [
        busy("unsaved", batch(None)),
        busy("saved", batch(9.0)),
        worker("free", slots=9, running=8),
    ]

    assert choose(pods, workers=workers, asked=NOBODY, fewer=1).drain == {"i-saved"}


def test_rule_5_a_busy_pod_goes_only_if_a_free_slot_elsewhere_takes_what_it_runs() -> None:
    pods = [pod("a"), pod("b")]
    workers = [busy("a", batch()), busy("b", batch())]

    chosen = choose(pods, workers=workers, asked=NOBODY, fewer=1)

    assert (chosen.drain, chosen.go) == (NOBODY, ())


def test_rule_5_a_free_slot_is_given_away_once() -> None:
    pods = [pod("a"), pod("b"), pod("free")]
    workers = [busy("a", batch()), busy("b", batch()), worker("free", slots=2, running=1)]

    chosen = choose(pods, workers=workers, asked=NOBODY, fewer=3)

    assert len(chosen.drain) == 1


def test_rule_5_slots_of_a_pod_that_drains_are_not_free() -> None:
    pods = [pod("a"), pod("drains")]
    workers = [busy("a", batch()), worker("drains", slots=8, draining=True)]

    chosen = choose(pods, workers=workers, asked=frozenset({"i-drains"}), fewer=2)

    assert chosen.drain == NOBODY


def test_rule_6_who_has_drained_goes() -> None:
    pods = [pod("a"), pod("b")]
    workers = [worker("a", draining=True), worker("b", draining=True)]

    chosen = choose(pods, workers=workers, asked=frozenset({"i-a", "i-b"}), fewer=2)

    assert sorted(names(chosen.go)) == ["a", "b"]


def test_rule_6_while_an_unready_pod_has_work_nobody_goes_for_the_number_would_take_it() -> None:
    pods = [pod("drained"), pod("unready", ready=False)]
    workers = [worker("drained", draining=True), busy("unready", task())]

    chosen = choose(pods, workers=workers, asked=frozenset({"i-drained"}), fewer=2)

    assert chosen.go == ()
    assert names(chosen.waiting) == ["unready"]


def test_who_is_needed_again_is_asked_no_longer() -> None:
    workers = [worker("a", draining=True), worker("b")]

    chosen = choose([pod("a"), pod("b")], workers=workers, asked=frozenset({"i-a"}), fewer=0)

    assert chosen.give_back == {"i-a"}


def test_a_request_to_a_pod_of_another_deployment_is_left_alone() -> None:
    workers = [worker("a"), worker("elsewhere")]

    chosen = choose([pod("a")], workers=workers, asked=frozenset({"i-elsewhere"}), fewer=0)

    assert chosen.give_back == NOBODY


def test_pods_that_are_asked_are_not_counted_on() -> None:
    workers = [worker("a", draining=True), worker("b"), worker("c")]

    assert leaving([pod("a"), pod("b"), pod("c")], workers=workers, asked=frozenset({"i-a"})) == 1


def test_a_drained_pod_that_is_asked_no_longer_may_not_go() -> None:
    assert may_go(pod("a"), workers=[worker("a", draining=True)], asked=frozenset({"i-a"}))
    assert not may_go(pod("a"), workers=[worker("a", draining=True)], asked=NOBODY)
    assert not may_go(pod("a"), workers=[], asked=NOBODY)


def test_an_earlier_life_of_a_pods_worker_does_not_count() -> None:
    gone = worker("a", silent_seconds=99.0, running=1)
    there = worker("a", draining=True)

    chosen = choose([pod("a")], workers=[gone, there], asked=frozenset({"i-a"}), fewer=1)

    assert names(chosen.go) == ["a"]
