"""What each key means, and that nothing happens that nobody asked for."""

import pytest

from giveway.cli.top.controls import HELP, Controls, Verb, Wish, press, selected

TIERS = ("high", "normal", "low")


def pressed(keys: list[str], *, dead: int = 0) -> tuple[Controls, list[Wish]]:
    controls, wishes = Controls(), []
    for key in keys:
        controls, wish = press(controls, key, tiers=TIERS, dead=dead)
        wishes += [wish] if wish else []
    return controls, wishes


@pytest.mark.parametrize(
    ("keys", "tier"),
    [
        (["j"], "high"),
        (["down", "down"], "normal"),
        (["j", "j", "k"], "high"),
        (["up"], "high"),
        (["j", "up", "up"], "high"),
        (["j", "j", "j", "j", "j"], "low"),
    ],
)
def test_arrows_select_a_tier_and_stop_at_the_ends(keys: list[str], tier: str) -> None:
    controls, wishes = pressed(keys)
    assert controls.tier == tier
    assert wishes == []


def test_a_stray_key_pauses_nothing() -> None:
    controls, wishes = pressed(["p"])
    assert wishes == []
    assert "select a tier first" in controls.said.text


def test_p_and_r_are_about_the_selected_tier() -> None:
    controls, wishes = pressed(["j", "j", "p", "r"])
    assert wishes == [Wish(Verb.PAUSE, "normal"), Wish(Verb.RESUME, "normal")]
    assert controls.said.text == "resuming normal …"


def test_a_selected_tier_that_has_gone_is_selected_no_more() -> None:
    assert selected(Controls(tier="gone"), TIERS) is None
    _, wish = press(Controls(tier="gone"), "p", tiers=TIERS, dead=0)
    assert wish is None


def test_a_selection_follows_its_tier_when_the_list_changes() -> None:
    assert selected(Controls(tier="low"), ("urgent", *TIERS)) == "low"


def test_dead_tasks_run_again_only_after_a_yes() -> None:
    asked, wishes = pressed(["t"], dead=17)
    assert wishes == []
    assert asked.asking
    assert "17 dead tasks" in asked.said.text
    assert pressed(["t", "y"], dead=17)[1] == [Wish(Verb.RETRY)]


@pytest.mark.parametrize("key", ["n", "q", "p", "escape", "t", "Y", "up"])
def test_any_other_answer_is_a_no_and_does_nothing_else(key: str) -> None:
    controls, wishes = pressed(["j", "t", key], dead=1)
    assert wishes == []
    assert not controls.asking
    assert controls.tier == "high"
    assert controls.said.text == "nothing was done"


def test_without_dead_tasks_there_is_nothing_to_ask() -> None:
    controls, _ = pressed(["t"])
    assert not controls.asking
    assert controls.said.text == "there are no dead tasks"


def test_q_quits_and_a_question_mark_helps_until_the_next_key() -> None:
    assert pressed(["q"])[1] == [Wish(Verb.QUIT)]
    assert pressed(["?"])[0].helping
    assert not pressed(["?", "?"])[0].helping
    assert not pressed(["?", "j"])[0].helping


def test_an_unknown_key_says_where_help_is_and_the_next_one_clears_that() -> None:
    assert "? for help" in pressed(["x"])[0].said.text
    assert pressed(["x", "escape"])[0].said.text == ""


def test_keys_before_the_first_look_do_no_harm() -> None:
    for key in ("j", "k", "p", "r", "t", "?", "x"):
        _, wish = press(Controls(), key, tiers=(), dead=0)
        assert wish is None


def test_the_help_explains_every_key() -> None:
    explained = " ".join(keys for keys, _ in HELP)
    assert all(key in explained.split() for key in ("↑", "↓", "k", "j", "p", "r", "t", "?", "q"))
