"""`giveway queue`: pausing tiers, and changing the list of them."""

from pathlib import Path

import pytest

from tests.integration.command_line import SHOP, CommandLine


@pytest.fixture
def shell(tmp_path: Path, redis_url: str, queue: str) -> CommandLine:
    (tmp_path / "shop.py").write_text(SHOP.format(queue=queue))
    return CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": redis_url, "GIVEWAY_QUEUE": queue})


def states(shell: CommandLine) -> dict[str, str]:
    return {
        tier["name"]: tier["state"] for tier in shell.ok("queue", "tiers", "--json").json["tiers"]
    }


def test_a_paused_tier_keeps_its_work_until_it_is_resumed(shell: CommandLine) -> None:
    for tier in ("high", "low"):
        shell.ok("enqueue", "greet", '{"name": "Ada"}', "--tier", tier, "--id", tier)
    assert "paused" in shell.ok("queue", "pause", "low").out
    assert states(shell) == {"high": "open", "normal": "open", "low": "paused"}
    shell.work_off()
    assert shell.ok("status", "high", "--json").json["state"] == "done"
    assert shell.ok("status", "low", "--json").json["state"] == "waiting"
    shell.ok("queue", "resume", "--all")
    assert set(states(shell).values()) == {"open"}
    shell.work_off()
    assert shell.ok("status", "low", "--json").json["state"] == "done"


def test_a_tier_that_is_left_out_drains_and_then_vanishes(shell: CommandLine) -> None:
    shell.ok("enqueue", "greet", '{"name": "Ada"}', "--tier", "low")
    shell.ok("queue", "tiers", "--set", "urgent,high,normal")
    assert states(shell)["low"] == "draining"
    complaint = shell.refused("enqueue", "greet", "{}", "--tier", "low", code=2)
    assert "choose --tier from urgent, high, normal" in complaint


def test_tiers_can_be_set_before_anybody_uses_the_queue(shell: CommandLine) -> None:
    shell.ok("queue", "tiers", "--set", "now, later")
    assert list(states(shell)) == ["now", "later"]


@pytest.mark.parametrize(
    ("arguments", "complaint", "code"),
    [
        (["pause"], "--all", 2),
        (["pause", "low", "--all"], "--all", 2),
        (["pause", "lowest"], "this queue has high, normal, low", 2),
        (["tiers", "--set", "a,a"], "more than once", 2),
        (["tiers", "--set", ""], "not a valid name", 2),
    ],
)
def test_what_is_wrong_is_named(
    shell: CommandLine, arguments: list[str], complaint: str, code: int
) -> None:
    shell.ok("enqueue", "greet", "{}")
    assert complaint in shell.refused("queue", *arguments, code=code)
