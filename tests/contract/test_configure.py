"""configure: who may set which list of tiers, and what the rest of control is for."""

from typing import Any

import pytest

from giveway.core.task import Claimed, Fence, TaskId
from giveway.core.tiers import Control
from giveway.errors import TiersConflict, UnknownTier
from giveway.store import reads
from giveway.store.refusals import Unconfigured
from tests.contract.desk import Desk


def control(desk: Desk) -> Control:
    found: Control | None = desk.run(reads.control(desk.keys))
    assert found is not None
    return found


def test_the_first_app_sets_the_tiers(bare: Desk) -> None:
    assert bare.run(reads.control(bare.keys)) is None
    answer = bare.configure("high", "low")
    assert (answer.tiers, answer.owner, answer.version) == (("high", "low"), "app", 1)
    assert control(bare) == answer


@pytest.mark.parametrize("tiers", [("high", "normal", "low"), ("high", "low"), ("normal",)])
@pytest.mark.parametrize("owner", ["app", "operator"])
def test_an_app_needs_only_the_tiers_it_uses(
    bare: Desk, tiers: tuple[str, ...], owner: Any
) -> None:
    bare.configure("high", "normal", "low", role=owner)
    assert bare.configure(*tiers).tiers == ("high", "normal", "low")
    assert control(bare).version == 1


@pytest.mark.parametrize(
    "tiers", [("vip", "high", "low"), ("high", "mid", "low"), ("high", "low", "x")]
)
def test_an_app_whose_tiers_extend_the_list_in_order_extends_it(
    bare: Desk, tiers: tuple[str, ...]
) -> None:
    bare.configure("high", "low")
    assert bare.configure(*tiers).tiers == tiers
    assert control(bare).version == 2


@pytest.mark.parametrize("tiers", [("low", "high"), ("mid", "low"), ("low", "mid", "high")])
def test_any_other_list_of_an_app_is_a_conflict_that_names_the_queues_own(
    bare: Desk, tiers: tuple[str, ...]
) -> None:
    bare.configure("high", "low")
    with pytest.raises(TiersConflict, match="high, low"):
        bare.configure(*tiers)
    assert control(bare).tiers == ("high", "low")


@pytest.mark.parametrize("owner", ["operator", "person"])
def test_an_app_only_reads_what_others_own(bare: Desk, owner: Any) -> None:
    bare.configure("high", "low", role=owner)
    with pytest.raises(TiersConflict):
        bare.configure("high", "mid", "low")


def test_a_tier_that_vanishes_drains_in_its_old_place(desk: Desk) -> None:
    desk.enqueue("a", tier="normal")
    desk.enqueue("b", tier="low")
    answer = desk.configure("vip", "high", "last", role="operator")
    assert answer.tiers == ("vip", "high", "normal", "low", "last")
    assert answer.draining == {"normal", "low"}
    assert answer.open == ("vip", "high", "last")
    assert [c.tier for c in desk.claim(2, tiers=answer.tiers).claimed] == ["normal", "low"]


def test_a_first_tier_that_vanishes_keeps_the_first_place(desk: Desk) -> None:
    desk.enqueue("a", tier="high")
    assert desk.configure("normal", "low", role="operator").tiers == ("high", "normal", "low")


def test_a_tier_that_vanishes_empty_is_gone_at_once(desk: Desk) -> None:
    assert desk.configure("high", "low", role="operator").tiers == ("high", "low")


def test_naming_a_draining_tier_again_opens_it(desk: Desk) -> None:
    desk.enqueue("a", tier="normal")
    desk.configure("high", "low", role="operator")
    answer = desk.configure("high", "normal", "low", role="operator")
    assert (answer.tiers, answer.draining) == (("high", "normal", "low"), frozenset())


def test_an_app_of_before_goes_on_while_a_tier_of_its_drains_for_somebody_else(desk: Desk) -> None:
    desk.enqueue("a", tier="normal")
    desk.configure("high", "low", role="operator")
    control_before = control(desk)
    desk.configure("high", "normal")
    assert control(desk) == control_before, "and the tier goes on draining"
    with pytest.raises(TiersConflict):
        desk.configure("high", "bulk")


def test_who_serves_every_open_tier_empties_those_that_drain(desk: Desk) -> None:
    desk.enqueue("a", tier="normal")
    desk.configure("high", "low", role="operator")
    assert [one.id for one in desk.claim(tiers=("high",)).claimed] == []
    assert [one.id for one in desk.claim(tiers=("high", "low")).claimed] == ["a"]


def test_pauses_and_limits_are_set_and_lifted_one_by_one(desk: Desk) -> None:
    desk.run(desk.commands.pause(desk.request(), ["low", "high"], True))
    desk.run(desk.commands.pause(desk.request(), ["low"], True))
    desk.run(desk.commands.limit(desk.request(), "low", 10))
    desk.run(desk.commands.limit(desk.request(), "high", 20))
    desk.run(desk.commands.limit(desk.request(), "low", 30))
    assert control(desk).paused == {"low", "high"}
    assert dict(control(desk).limits) == {"low": 30, "high": 20}
    desk.run(desk.commands.pause(desk.request(), ["low"], False))
    desk.run(desk.commands.limit(desk.request(), "low", None))
    assert control(desk).paused == {"high"}
    assert dict(control(desk).limits) == {"high": 20}


def test_a_limit_of_0_closes_a_tier(desk: Desk) -> None:
    desk.run(desk.commands.limit(desk.request(), "low", 0))
    assert desk.enqueue("a")[0].value == "FULL"


def test_what_the_operator_hands_back_an_app_may_extend_again(desk: Desk) -> None:
    desk.configure("high", "normal", "low", "bulk", role="operator")
    desk.run(desk.commands.limit(desk.request(), "low", 10))
    desk.run(desk.commands.pause(desk.request(), ["bulk"], True))
    desk.run(desk.commands.drain(desk.request(), ["pod-1", "pod-2"], True))
    desk.enqueue("a")
    before = control(desk)
    after = desk.run(desk.commands.hand_back(desk.request()))
    assert (after.owner, after.drain) == ("app", frozenset())
    assert (after.tiers, after.limits, after.paused) == (
        before.tiers,
        before.limits,
        before.paused,
    )
    assert after.version == before.version + 1
    assert desk.stats().tiers[2].depth == 1
    assert desk.configure("high", "normal", "low", "bulk", "night").tiers[-1] == "night"


@pytest.mark.parametrize("owner", ["app", "person"])
def test_what_the_operator_does_not_own_it_cannot_hand_back(bare: Desk, owner: Any) -> None:
    before = bare.configure("high", "low", role=owner)
    assert bare.run(bare.commands.hand_back(bare.request())) == before


def test_a_queue_that_nobody_has_configured_is_not_handed_back(bare: Desk) -> None:
    with pytest.raises(Unconfigured):
        bare.run(bare.commands.hand_back(bare.request()))


def test_the_version_rises_with_changes_and_with_nothing_else(desk: Desk) -> None:
    for paused in (True, True, False, False):
        desk.run(desk.commands.pause(desk.request(), ["low"], paused))
    assert control(desk).version == 3


@pytest.mark.parametrize("change", ["pause", "limit"])
def test_a_tier_that_is_not_the_queues_is_refused_by_name(desk: Desk, change: str) -> None:
    if change == "pause":
        command = desk.commands.pause(desk.request(), ["low", "urgent"], True)
    else:
        command = desk.commands.limit(desk.request(), "urgent", 3)
    with pytest.raises(UnknownTier, match="'urgent' is not one of the queue's: high, normal, low"):
        desk.run(command)
    assert control(desk).paused == frozenset()


def test_every_verb_on_an_unconfigured_queue_says_so_and_does_nothing(bare: Desk) -> None:
    task = Claimed(TaskId("a"), Fence(1), "low", "f", b"", 1)
    for call in (
        lambda: bare.claim(1),
        lambda: bare.checkpoint(task),
        bare.renew,
        bare.release,
        lambda: bare.cancel("a"),
        lambda: bare.redrive("a"),
        bare.stats,
        lambda: bare.run(bare.commands.pause(bare.request(), ["low"], True)),
    ):
        with pytest.raises(Unconfigured):
            call()
    assert list(bare.client.scan_iter(f"{bare.keys.prefix}*")) == []
