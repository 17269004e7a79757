"""`giveway enqueue`: strict arguments, with and without the app."""

import re
from pathlib import Path

import pytest
import redis

from giveway.testing import embedded_server
from tests.integration.command_line import SHOP, CommandLine


@pytest.fixture
def shell(tmp_path: Path, redis_url: str, queue: str) -> CommandLine:
    (tmp_path / "shop.py").write_text(SHOP.format(queue=queue))
    return CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": redis_url, "GIVEWAY_QUEUE": queue})


def test_it_prints_the_id_under_which_the_task_is_found(shell: CommandLine) -> None:
    id = shell.ok("enqueue", "greet", '{"name": "Ada"}', "--tier", "high").out.strip()
    record = shell.ok("status", id, "--json").json
    assert (record["task"], record["tier"], record["state"]) == ("greet", "high", "waiting")
    assert record["args"] == {"name": "Ada"}


def test_a_task_needs_no_arguments_and_waits_on_normal(shell: CommandLine) -> None:
    said = shell.ok("enqueue", "anything", "--json").json
    assert (said["tier"], said["count"]) == ("normal", 1)
    assert shell.ok("status", said["id"], "--json").json["args"] == {}


def test_the_arguments_travel_byte_by_byte(shell: CommandLine) -> None:
    written = '{"big": 9223372036854775809, "tiny": 1e-320, "text": "ä\\u0000", "none": []}'
    id = shell.ok("enqueue", "greet", f"  {written} ").out.strip()
    assert shell.ok("status", id, "--json").json["args"] == {
        "big": 2**63 + 1,
        "tiny": 1e-320,
        "text": "ä\0",
        "none": [],
    }


def test_an_id_of_ones_own_is_there_once(shell: CommandLine) -> None:
    for _ in range(2):
        assert shell.ok("enqueue", "greet", "{}", "--id", "nightly-1").out == "nightly-1\n"
    assert [t["depth"] for t in shell.ok("status", "--json").json["tiers"]] == [0, 1, 0]


def test_a_delayed_task_says_when_it_is_due(shell: CommandLine) -> None:
    shell.ok("enqueue", "greet", "{}", "--delay", "3600", "--id", "later")
    record = shell.ok("status", "later", "--json").json
    assert record["state"] == "delayed"
    assert record["due_at"] > record["enqueued_at"]


def test_thousands_are_enqueued_with_one_call(shell: CommandLine) -> None:
    said = shell.ok("enqueue", "greet", '{"name": "x"}', "--count", "2500", "--tier", "low")
    assert said.out.startswith("2,500 tasks on tier low")
    assert [t["depth"] for t in shell.ok("status", "--json").json["tiers"]] == [0, 0, 2500]


def test_a_redis_that_fills_up_midway_is_told_with_how_many_were_queued(tmp_path: Path) -> None:
    with embedded_server(args=["--maxmemory", "12mb"]) as server:
        shell = CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": server.url, "GIVEWAY_QUEUE": "shop"})
        complaint = shell.refused("enqueue", "noop", "{}", "--count", "1000000", code=1)
        queued, total = re.findall(r"[\d,]+", complaint)[:2]
        assert total == "1,000,000"
        normal = shell.ok("status", "--json").json["tiers"][1]
        assert normal["depth"] == int(queued.replace(",", "")) > 0


def test_with_the_app_an_array_is_positional_and_the_tier_is_the_tasks_own(
    shell: CommandLine, queue: str
) -> None:
    said = shell.ok("enqueue", "greet", '["Ada", 2]', "--app", "shop:app", "--json").json
    assert (said["queue"], said["tier"]) == (queue, "high")
    assert shell.ok("status", said["id"], "--json").json["args"] == {"name": "Ada", "times": 2}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["greet", '{"a": 1, "a": 2}'], "ARGS-JSON holds the key 'a' twice"),
        (["greet", '{"a": [1, NaN]}'], "ARGS-JSON.a[1] holds nan"),
        (["greet", "{'a': 1}"], "ARGS-JSON is not JSON"),
        (["greet", '{"a": ' + "[" * 70 + "]" * 70 + "}"], "nested deeper than 64 levels"),
        (["greet", '{"a": "\\ud800"}'], "half of a surrogate pair"),
        (["greet", "[1, 2]"], "an array of positional arguments needs --app"),
        (["greet", "{}", "--id", "a b"], "id='a b' is not possible"),
        (["greet", "{}", "--id", "one", "--count", "2"], "--id names one task"),
        (["greet", "{}", "--count", "0"], "--count"),
        (["greet", "{}", "--delay", "-1"], "--delay"),
        (["greet", "{}", "--tier", "urgent"], "choose --tier from high, normal, low"),
        (["greet", '{"nam": "Ada"}', "--app", "shop:app"], "missing a required argument: 'name'"),
        (["greet", '{"name": 5}', "--app", "shop:app"], "name"),
        (["greet", "3", "--app", "shop:app"], "has to be an object or an array"),
        (["gret", "{}", "--app", "shop:app"], "it has greet, fail, count_all"),
        (["greet", "{}", "--app", "shop"], "MODULE:APP"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_queued(
    shell: CommandLine, arguments: list[str], complaint: str, redis_url: str, queue: str
) -> None:
    assert complaint in shell.refused("enqueue", *arguments, code=2)
    with redis.Redis.from_url(redis_url) as server:
        assert server.keys(f"giveway:{{{queue}}}:*") == []


def test_long_arguments_come_from_standard_input_up_to_the_limit(shell: CommandLine) -> None:
    def text(size: int) -> str:
        return '{"a": "' + "x" * (size - 9) + '"}'

    limit = 1024 * 1024
    id = shell.ok("enqueue", "greet", "-", typed=text(limit)).out.strip()
    assert len(shell.ok("status", id, "--json").json["args"]["a"]) == limit - 9
    said = shell("enqueue", "greet", "-", typed=text(limit + 1))
    assert (said.code, said.out) == (2, "")
    assert "1,048,577 bytes" in said.err
