"""The conditions: what each says of what was seen, and that it says what to do."""

from dataclasses import replace
from typing import Any

import pytest

from giveway_operator.conditions import KINDS, Trouble, conditions
from giveway_operator.decision import Because, Bounds, TierNeed
from giveway_operator.facts import Unseen
from giveway_operator.model import Status as Schema
from giveway_operator.plan import Rivals, Sight, plan
from giveway_operator.status import Condition, Status, document
from tests.unit.operator.seen import (
    NOW,
    UNSEEN,
    cluster,
    decided,
    pod,
    queue,
    resource,
    sight,
    worker,
)


def told(made: Sight, trouble: Trouble | None = None) -> dict[str, Condition]:
    return {one.type: one for one in conditions(made, plan(made), trouble=trouble)}


def said(made: Sight, kind: str) -> tuple[str, str]:
    one = told(made)[kind]
    return one.state, one.reason


WELL = sight(decided(1), at=cluster(pod("a")), seen=queue(worker("a")))


def test_all_conditions_are_there_each_with_reason_message_and_generation() -> None:
    made = told(WELL)

    assert tuple(made) == KINDS
    assert all(one.reason and one.message for one in made.values())
    assert {one.generation for one in made.values()} == {3}
    assert {one.since for one in made.values()} == {int(NOW)}


def test_on_a_good_day_only_what_is_well_is_true() -> None:
    true = {kind for kind, one in told(WELL).items() if one.state == "True"}

    assert true == {"Ready", "MetricsAvailable", "ScalingActive"}


def test_nothing_is_well_of_what_could_not_be_seen() -> None:
    made = told(sight(decided(1, Because.MISSING, wanted=None), at=UNSEEN, seen=UNSEEN))

    assert {kind: made[kind].state for kind in ("Ready", "MetricsAvailable", "ScalingActive")} == {
        "Ready": "False",
        "MetricsAvailable": "False",
        "ScalingActive": "False",
    }
    unknown = {"StarvationRisk", "TargetConflict", "EvictionPolicy"}
    assert {made[kind].state for kind in unknown} == {"Unknown"}


TWO = cluster(pod("a"), pod("b"))
TIGHT = TierNeed("low", 50.0, 40.0, 9.0, 3.0, 5, 1.0, 60.0, 1.0)


@pytest.mark.parametrize(
    ("made", "kind", "expected"),
    [
        (sight(decided(1), seen=UNSEEN), "Ready", ("False", "Timeout")),
        (sight(decided(1), seen=UNSEEN), "MetricsAvailable", ("False", "Timeout")),
        (sight(decided(1), at=cluster(exists=False)), "Ready", ("False", "TargetNotFound")),
        (
            sight(decided(1), at=cluster(exists=False), of=resource(template=True)),
            "Ready",
            ("Unknown", "DeploymentIsMade"),
        ),
        (
            sight(decided(1), at=cluster(trouble="FailedCreate", trouble_message="exceeded quota")),
            "Ready",
            ("False", "FailedCreate"),
        ),
        (
            sight(decided(1), at=cluster(pod("a", ready=False, trouble="ImagePullBackOff"))),
            "Ready",
            ("False", "ImagePullBackOff"),
        ),
        (
            sight(decided(1), at=cluster(pod("a", ready=False, trouble="Unschedulable"))),
            "Ready",
            ("False", "Unschedulable"),
        ),
        (sight(decided(1), at=cluster(conflict="HPA/web")), "Ready", ("False", "TargetConflict")),
        (
            sight(decided(1), at=cluster(conflict="HPA/web")),
            "TargetConflict",
            ("True", "OtherAutoscaler"),
        ),
        (
            sight(decided(1), at=cluster(others_unseen="forbidden")),
            "TargetConflict",
            ("Unknown", "Unseen"),
        ),
        (
            sight(decided(1), rivals=Rivals(control="first")),
            "TargetConflict",
            ("True", "OtherResource"),
        ),
        (sight(decided(1), of=resource(dryRun=True)), "ScalingActive", ("False", "DryRun")),
        (sight(decided(1), of=resource(pause="all")), "ScalingActive", ("False", "Paused")),
        (sight(decided(1), of=resource(pause="all")), "Paused", ("True", "PausedAll")),
        (sight(decided(1), of=resource(pause="in")), "Paused", ("True", "PausedIn")),
        (sight(decided(1), of=resource(replicas=3)), "ScalingActive", ("False", "Pinned")),
        (sight(decided(9, Because.MAX)), "ScalingLimited", ("True", "MaxReplicas")),
        (sight(decided(1, Because.MIN)), "ScalingLimited", ("True", "MinReplicas")),
        (sight(decided(1, Because.CONNECTIONS)), "ScalingLimited", ("True", "Connections")),
        (
            sight(decided(9, Because.MAX), of=resource(replicas=3)),
            "ScalingLimited",
            ("False", "WithinBounds"),
        ),
        (sight(decided(1), at=TWO, seen=queue()), "ScalingLimited", ("True", "WorkersUnheard")),
        (
            sight(decided(1), at=TWO, seen=queue(worker("a"), worker("b"))),
            "Draining",
            ("True", "PodsDrain"),
        ),
        (
            sight(decided(0), bounds=Bounds(startup_seconds=20.0)),
            "ColdStartViolatesSLO",
            ("True", "StartsTooSlowly"),
        ),
        (
            sight(decided(0), bounds=Bounds(startup_seconds=20.0), of=resource(minReplicas=1)),
            "ColdStartViolatesSLO",
            ("False", "InTime"),
        ),
        (
            sight(decided(10, Because.MAX, needs=(TIGHT,))),
            "StarvationRisk",
            ("True", "LoadExceedsBounds"),
        ),
        (
            sight(decided(10, needs=(TIGHT,)), bounds=Bounds(max_replicas=41)),
            "StarvationRisk",
            ("False", "AllServed"),
        ),
        (
            sight(decided(1), seen=queue(eviction_policy="allkeys-lru")),
            "EvictionPolicy",
            ("True", "TasksMayVanish"),
        ),
        (
            sight(decided(1), seen=queue(eviction_policy=None)),
            "EvictionPolicy",
            ("Unknown", "NotTold"),
        ),
        (sight(decided(1), seen=UNSEEN), "EvictionPolicy", ("Unknown", "MetricsUnavailable")),
        (
            sight(decided(1), at=cluster(exists=False), of=resource(dryRun=True)),
            "Ready",
            ("False", "TargetNotFound"),
        ),
        (
            sight(decided(1), at=cluster(exists=False), of=resource(template=True, dryRun=True)),
            "Ready",
            ("Unknown", "DryRun"),
        ),
    ],
)
def test_each_fault_turns_its_condition(made: Sight, kind: str, expected: tuple[str, str]) -> None:
    assert said(made, kind) == expected


LONG_READY = cluster(pod("a", ready_at=NOW - 60))


def test_workers_of_another_queue_are_told_of_while_its_tasks_wait() -> None:
    made = told(sight(decided(1), at=LONG_READY, seen=queue()))["Ready"]

    assert (made.state, made.reason) == ("False", "WorkersUnheard")
    assert "set spec.queue to the name in the app's Giveway" in made.message


def test_a_worker_that_was_heard_of_long_ago_is_not_heard_of() -> None:
    gone = queue(worker("a", silent_seconds=31.0))

    assert said(sight(decided(1), at=LONG_READY, seen=gone), "Ready") == ("False", "WorkersUnheard")


@pytest.mark.parametrize(
    "made",
    [
        sight(decided(1), at=cluster(pod("a", ready_at=NOW - 5)), seen=queue()),
        sight(decided(1), at=cluster(pod("a", ready=False, ready_at=NOW - 60)), seen=queue()),
        sight(decided(1), at=cluster(pod("a", ready_at=NOW - 60, deleting=True)), seen=queue()),
        # In a Deployment of the user's own a worker need not say in which pod it is.
        sight(decided(1), at=LONG_READY, seen=queue(worker(""))),
    ],
)
def test_workers_that_start_or_are_heard_of_are_well(made: Sight) -> None:
    assert said(made, "Ready") == ("True", "Ready")


def test_what_is_wrong_with_redis_names_the_field_that_leads_there() -> None:
    made = told(sight(decided(1), seen=UNSEEN))

    assert made["Ready"].message == f"spec.redis.secret redis: {UNSEEN.message}"
    assert made["MetricsAvailable"].message.startswith("spec.redis.secret redis: ")


def test_what_is_wrong_with_a_secret_names_its_field_once() -> None:
    lacking = Unseen(0.0, "SecretNotFound", "spec.redis.caSecret: Secret ca is not there")

    assert told(sight(decided(1), seen=lacking))["Ready"].message == lacking.message


def test_what_is_wrong_with_the_api_server_names_no_field() -> None:
    silent = Unseen(0.0, "Unreachable", "list pods in namespace shop: no answer")

    assert told(sight(decided(1), at=silent))["Ready"].message == silent.message


def test_what_was_refused_is_told_until_it_is_done() -> None:
    trouble = Trouble("Forbidden", "patch deployments/scale is forbidden: add … to the role")

    assert told(WELL, trouble)["Ready"].message == trouble.message


@pytest.mark.parametrize(
    "made",
    [
        WELL,
        sight(decided(1, Because.MISSING), seen=UNSEEN),
        sight(decided(1), at=cluster(exists=False)),
        sight(decided(1), at=cluster(conflict="x" * 2000)),
    ],
)
def test_the_definition_takes_every_status(made: Sight) -> None:
    status = Status(generation=3, conditions=conditions(made, plan(made)))

    wire: dict[str, Any] = document(status)

    assert Schema.model_validate(wire, strict=False).observed_generation == 3


def test_a_message_does_not_change_with_every_look() -> None:
    later = replace(WELL, now=NOW + 60, queue=replace(queue(worker("a")), at=60.0))

    assert {one.message for one in told(WELL).values()} == {
        one.message for one in told(later).values()
    }


def test_why_pods_that_have_drained_cannot_go_is_said() -> None:
    made = sight(decided(1), at=TWO, seen=queue(worker("a"), worker("b")))
    (draining,) = (
        one
        for one in conditions(made, replace(plan(made), waits="web-2 is not ready and goes first"))
        if one.type == "Draining"
    )

    assert (draining.state, draining.reason) == ("True", "ScaleInWaits")
    assert draining.message.endswith("cannot go: web-2 is not ready and goes first")
