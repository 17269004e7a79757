"""What people are told: the status of a look, and the events that a change is worth."""

from dataclasses import replace

from giveway_operator.decision import Because
from giveway_operator.load import Missing
from giveway_operator.plan import plan
from giveway_operator.report import notices, refused, rounded, status
from giveway_operator.status import Status, TierStatus
from tests.unit.operator.seen import (
    NOW,
    UNSEEN,
    cluster,
    decided,
    pod,
    queue,
    resource,
    sight,
    tier,
    worker,
)

BUSY = queue(
    worker("a"), tiers=(tier("high", depth=7, oldest_seconds=3.14159), tier("low", delayed=2))
)


def test_a_status_tells_what_was_seen_and_decided() -> None:
    made = sight(decided(4), at=cluster(pod("a"), selector="app=web"), seen=BUSY)

    told = status(made, plan(made))

    assert (told.replicas, told.ready_replicas, told.desired_replicas) == (1, 1, 4)
    assert (told.backlog, told.oldest_seconds, told.selector) == (7, 3.1, "app=web")
    assert [(one.name, one.waiting, one.delayed) for one in told.tiers] == [
        ("high", 7, 0),
        ("low", 0, 2),
    ]
    assert told.scaled_at == int(NOW)


def test_what_is_not_done_is_said_in_the_decision() -> None:
    made = sight(decided(4), at=cluster(pod("a")), seen=BUSY, of=resource(dryRun=True))

    assert status(made, plan(made)).decision.endswith("(not done: dry run)")


def test_a_fixed_number_is_the_decision() -> None:
    made = sight(decided(4), at=cluster(pod("a")), seen=BUSY, of=resource(replicas=2))

    assert status(made, plan(made)).decision == "fixed at 2 by spec.scaling.replicas; was 1"


def test_of_what_could_not_be_read_the_last_numbers_stay() -> None:
    made = sight(decided(4), at=cluster(pod("a"), selector="app=web"), seen=BUSY)
    before = status(made, plan(made))
    blind = sight(decided(1, Because.MISSING, wanted=None), at=UNSEEN, seen=UNSEEN, before=before)

    told = status(blind, plan(blind))

    assert (told.backlog, told.replicas, told.selector) == (7, 1, "app=web")
    assert told.tiers == before.tiers


def test_of_a_place_that_was_never_read_there_are_no_numbers() -> None:
    never = sight(
        decided(1, Because.MISSING, wanted=None),
        at=cluster(pod("a")),
        seen=UNSEEN,
        load=Missing("timeout", 5.0, lost=False),
        before=Status(backlog=7, tiers=(TierStatus("high", 7),)),  # of another place, that is
    )

    told = status(never, plan(never))

    assert (told.backlog, told.oldest_seconds, told.tiers, told.replicas) == (None, None, (), 1)


def test_an_empty_queue_has_a_backlog_of_nothing() -> None:
    empty = sight(decided(1), at=cluster(pod("a")), seen=queue(worker("a")))

    told = status(empty, plan(empty))

    assert (told.backlog, told.oldest_seconds) == (0, 0.0)


def test_numbers_are_rounded_to_what_a_person_reads() -> None:
    assert [rounded(one) for one in (0.0, 0.0004, 0.0123, 1.26, 12.34, 123.4)] == [
        0.0,
        0.0,
        0.012,
        1.3,
        12,
        123,
    ]


def test_scaling_is_an_event_and_standing_still_is_none() -> None:
    made = sight(decided(4), at=cluster(pod("a")), seen=BUSY)
    done = plan(made)
    told = status(made, done)

    (up,) = notices(told, old=told, plan=done)

    assert (up.reason, up.action, up.warning) == ("ScaledUp", "ScaleUp", False)
    assert up.note == told.decision
    assert notices(told, old=told, plan=replace(done, replicas=None)) == ()


def test_a_condition_that_turns_bad_is_a_warning_once_and_its_end_is_told() -> None:
    well = sight(decided(1), at=cluster(pod("a")), seen=BUSY)
    bad = replace(well, queue=UNSEEN)
    before, after = status(well, plan(well)), status(bad, plan(bad))

    turned = notices(after, old=before, plan=plan(bad))
    again = notices(after, old=after, plan=plan(bad))
    mended = notices(before, old=after, plan=plan(well))

    assert [(one.reason, one.warning) for one in turned] == [("Timeout", True)]
    assert again == ()
    assert [one.reason for one in mended] == ["ReadyAgain", "MetricsAvailableAgain"]


def test_a_resource_that_cannot_be_acted_upon_says_why_and_nothing_else_is_known() -> None:
    made = sight(decided(4), at=cluster(pod("a")), seen=BUSY)
    before = status(made, plan(made))

    told = refused(9, "spec.tiers: name at least one", before=before, now=NOW)

    assert (told.generation, told.replicas) == (9, 1)
    states = {one.type: one.state for one in told.conditions}
    assert states.pop("Ready") == "False"
    assert set(states.values()) == {"Unknown"}
