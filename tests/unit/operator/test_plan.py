"""What is planned for a queue: each rule of `plan`."""

import pytest

from giveway_operator.decision import Because
from giveway_operator.plan import Held, Rivals, plan, spared
from tests.unit.operator.seen import (
    UNSEEN,
    cluster,
    control,
    decided,
    pod,
    queue,
    resource,
    sight,
    worker,
)

TWO = (pod("a"), pod("b"))
IDLE = (worker("a"), worker("b"))
DRAINED = queue(worker("a", draining=True), worker("b"), control=control(drain=("i-a",)))


def test_more_is_asked_for_at_once() -> None:
    made = plan(sight(decided(7), at=cluster(*TWO), seen=queue(*IDLE)))

    assert (made.replicas, made.held, made.acts) == (7, None, True)


def test_the_same_number_is_not_written() -> None:
    made = plan(sight(decided(2), at=cluster(*TWO), seen=queue(*IDLE)))

    assert (made.replicas, made.held, made.acts) == (None, None, False)


def test_fewer_asks_workers_to_drain_first() -> None:
    made = plan(sight(decided(1), at=cluster(*TWO), seen=queue(*IDLE)))

    assert (made.replicas, made.held) == (None, Held.DRAINING)
    assert len(made.victims.drain) == 1


def test_who_has_drained_goes_with_the_number() -> None:
    made = plan(sight(decided(1), at=cluster(*TWO), seen=DRAINED))

    assert made.replicas == 1
    assert [one.name for one in made.victims.go] == ["a"]


def test_replicas_that_no_pod_is_there_for_go_at_once() -> None:
    made = plan(sight(decided(2), at=cluster(*TWO, replicas=9), seen=queue(*IDLE)))

    assert (made.replicas, made.victims.go, made.victims.drain) == (2, (), frozenset())


def test_a_pod_that_goes_already_is_not_missed_twice() -> None:
    pods = (pod("going", deleting=True), pod("a"))
    made = plan(sight(decided(1), at=cluster(*pods, replicas=1), seen=queue(worker("a"))))

    assert (made.replicas, made.victims.drain) == (None, frozenset())


def test_pods_whose_workers_are_unheard_hold_the_number_and_say_so() -> None:
    made = plan(sight(decided(1), at=cluster(*TWO), seen=queue()))

    assert (made.replicas, made.held) == (None, Held.UNHEARD)


def test_rule_1_a_dry_run_writes_nothing() -> None:
    of = resource(dryRun=True, template=True)
    made = plan(sight(decided(9), of=of, at=cluster(), seen=queue(control=None)))

    assert (made.wanted, made.held) == (9, Held.DRY_RUN)
    assert (made.acts, made.make_deployment) == (False, False)


def test_rule_1_the_annotation_of_a_dry_run_wins() -> None:
    of = resource(annotations={"giveway.dev/dry-run": "true"})

    assert plan(sight(decided(9), of=of)).held is Held.DRY_RUN


def test_rule_2_nothing_is_scaled_in_a_cluster_that_could_not_be_seen() -> None:
    made = plan(sight(decided(9), at=UNSEEN))

    assert (made.replicas, made.current, made.held) == (None, None, Held.UNSEEN)


def test_rule_2_a_target_that_is_not_there_is_told() -> None:
    assert plan(sight(decided(9), at=cluster(exists=False))).held is Held.NO_TARGET


def test_rule_2_a_deployment_of_a_template_is_made() -> None:
    made = plan(sight(decided(9), of=resource(template=True), at=cluster(exists=False)))

    assert (made.make_deployment, made.held, made.replicas) == (True, None, None)


def test_rule_2_another_autoscaler_is_not_fought() -> None:
    made = plan(sight(decided(9), at=cluster(conflict="HorizontalPodAutoscaler/web")))

    assert (made.replicas, made.held) == (None, Held.CONFLICT)


def test_rule_2_a_resource_that_came_later_leaves_the_target_alone() -> None:
    rivals = Rivals(target="PriorityQueue first scales the same Deployment")
    made = plan(sight(decided(9), of=resource(template=True), rivals=rivals))

    assert (made.replicas, made.held, made.make_deployment) == (None, Held.CONFLICT, False)


def test_rule_3_a_fixed_number_replaces_the_decision() -> None:
    assert plan(sight(decided(9), of=resource(replicas=4))).replicas == 4


@pytest.mark.parametrize(
    ("pause", "wanted", "held"),
    [
        ("all", 9, Held.PAUSED),
        ("all", 1, Held.PAUSED),
        ("all", 2, None),
        ("out", 9, Held.PAUSED_OUT),
        ("in", 1, Held.PAUSED_IN),
    ],
)
@pytest.mark.parametrize("by", ["field", "annotation"])
def test_rule_4_a_pause_holds_the_number(
    pause: str, wanted: int, held: Held | None, by: str
) -> None:
    of = resource(pause=pause)
    if by == "annotation":
        of = resource(annotations={"giveway.dev/pause": pause}, pause="none")

    made = plan(sight(decided(wanted), of=of, at=cluster(*TWO), seen=DRAINED))

    assert (made.replicas, made.held) == (None, held)
    assert made.victims.go == ()


@pytest.mark.parametrize(("pause", "wanted", "written"), [("out", 1, 1), ("in", 9, 9)])
def test_rule_4_the_other_way_stays_open(pause: str, wanted: int, written: int) -> None:
    made = plan(sight(decided(wanted), of=resource(pause=pause), at=cluster(*TWO), seen=DRAINED))

    assert made.replicas == written


def test_a_pause_of_scaling_in_takes_requests_to_drain_back() -> None:
    made = plan(sight(decided(1), of=resource(pause="in"), at=cluster(*TWO), seen=DRAINED))

    assert made.victims.give_back == {"i-a"}


@pytest.mark.parametrize(("pause", "wanted"), [("all", 1), ("all", 2), ("out", 9)])
def test_who_was_asked_to_drain_works_on_while_a_person_holds_the_replicas(
    pause: str, wanted: int
) -> None:
    made = plan(sight(decided(wanted), of=resource(pause=pause), at=cluster(*TWO), seen=DRAINED))

    assert (made.replicas, set(made.victims.give_back)) == (None, {"i-a"})


def test_who_was_asked_to_drain_works_on_when_another_autoscaler_takes_over() -> None:
    made = plan(sight(decided(1), at=cluster(*TWO, conflict="ScaledObject/x"), seen=DRAINED))

    assert (made.replicas, set(made.victims.give_back)) == (None, {"i-a"})


def test_pods_that_are_ready_and_not_known_as_its_own_are_not_missing() -> None:
    """As of a ReplicaSet that the Deployment has adopted: its name tells nothing."""
    made = plan(sight(decided(1), at=cluster(replicas=3, ready=3), seen=queue()))

    assert made.replicas is None


@pytest.mark.parametrize("wanted", [0, 1])
def test_a_queue_that_could_not_be_read_loses_nobody(wanted: int) -> None:
    made = plan(sight(decided(wanted, Because.MISSING), at=cluster(*TWO), seen=UNSEEN))

    assert not made.acts


def test_a_queue_that_could_not_be_read_may_grow_to_its_fallback() -> None:
    made = plan(sight(decided(5, Because.FALLBACK), at=cluster(*TWO), seen=UNSEEN))

    assert made.replicas == 5


@pytest.mark.parametrize(
    "stands",
    [None, control("high", "low", owner="app"), control("low", "high"), control("high")],
)
def test_tiers_that_stand_otherwise_in_redis_are_set(stands: object) -> None:
    assert plan(sight(decided(0), seen=queue(control=stands))).set_tiers


def test_tiers_and_limits_as_declared_are_left_alone() -> None:
    made = plan(sight(decided(0), seen=queue()))

    assert (made.set_tiers, made.set_limits) == (False, False)


def test_a_tier_that_drains_behind_ours_is_no_difference() -> None:
    stands = control("high", "low", "old", draining=frozenset({"old"}))

    assert not plan(sight(decided(0), seen=queue(control=stands))).set_tiers


def test_a_limit_that_nobody_declares_is_taken_away() -> None:
    stands = control(limits={"high": 10})

    assert plan(sight(decided(0), seen=queue(control=stands))).set_limits


def test_tiers_that_an_older_resource_declares_are_left_to_it() -> None:
    rivals = Rivals(control="PriorityQueue first declares other tiers")

    assert not plan(sight(decided(0), seen=queue(control=None), rivals=rivals)).set_tiers


def test_marks_are_taken_from_pods_that_live_on() -> None:
    pods = (pod("a", marked=True), pod("b", marked=True))
    going = pod("c", marked=True, deleting=True)
    seen = queue(worker("a", draining=True), worker("b"), control=control(drain=("i-a",)))
    looked = sight(decided(1), at=cluster(*pods, going, replicas=2), seen=seen)

    assert [one.name for one in spared(looked, plan(looked))] == ["b"]


def test_rule_1_a_dry_run_takes_back_what_was_asked_for_before_it() -> None:
    pods = (pod("a", marked=True), pod("b"))
    looked = sight(decided(1), of=resource(dryRun=True), at=cluster(*pods), seen=DRAINED)
    made = plan(looked)

    assert made.victims.give_back == {"i-a"}
    assert (made.victims.drain, made.replicas) == (frozenset(), None)
    assert [one.name for one in spared(looked, made)] == ["a"]


def test_rule_1_who_was_never_more_than_a_dry_run_leaves_the_requests_of_others() -> None:
    pods = (pod("a", marked=True), pod("b"))
    looked = sight(
        decided(1), of=resource(dryRun=True), at=cluster(*pods), seen=DRAINED, charged=False
    )
    made = plan(looked)

    assert (made.acts, spared(looked, made)) == (False, ())
