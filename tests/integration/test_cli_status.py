"""`giveway status`, `task` and `dead`: what people see of a queue and do to its tasks."""

from pathlib import Path

import pytest

from tests.integration.command_line import SHOP, CommandLine


@pytest.fixture
def shell(tmp_path: Path, redis_url: str, queue: str) -> CommandLine:
    (tmp_path / "shop.py").write_text(SHOP.format(queue=queue))
    return CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": redis_url, "GIVEWAY_QUEUE": queue})


@pytest.fixture
def three_dead(shell: CommandLine) -> list[str]:
    """Ids of dead tasks, the one that died last first."""
    shell.ok("enqueue", "fail", '{"why": "no [red]reason[/]"}', "--count", "3")
    shell.work_off()
    return [task["id"] for task in shell.ok("dead", "list", "--json").json["tasks"]]


def test_status_counts_what_waits_runs_and_was_done(shell: CommandLine, queue: str) -> None:
    shell.ok("enqueue", "greet", '{"name": "Ada"}', "--tier", "high")
    shell.ok("enqueue", "count_all", '{"numbers": [1, 2, 3]}', "--tier", "low", "--id", "sum")
    before = shell.ok("status", "--json").json
    assert (before["queue"], before["dead"], before["workers"]) == (queue, 0, [])
    assert [(t["name"], t["depth"], t["state"]) for t in before["tiers"]] == [
        ("high", 1, "open"),
        ("normal", 0, "open"),
        ("low", 1, "open"),
    ]
    shell.work_off()
    after = shell.ok("status", "--json").json
    assert [t["depth"] for t in after["tiers"]] == [0, 0, 0]
    assert [t["counters"].get("done", 0) for t in after["tiers"]] == [1, 0, 1]
    table = shell.ok("status").out
    assert table.startswith(queue)
    assert all(word in table for word in ("oldest", "suspended", "enqueued", "preempted"))


def test_a_settled_task_shows_its_result(shell: CommandLine) -> None:
    shell.ok("enqueue", "count_all", '{"numbers": [1, 2, 3]}', "--tier", "low", "--id", "sum")
    shell.work_off()
    record = shell.ok("task", "show", "sum", "--json").json
    assert (record["state"], record["result"]) == ("done", 6)
    assert (record["items_done"], record["items_total"]) == (3, 3)
    shown = shell.ok("task", "show", "sum").out
    assert "done" in shown
    assert "3 of 3" in shown


def test_an_unknown_task_is_said_to_be_unknown(shell: CommandLine) -> None:
    shell.ok("enqueue", "greet", "{}")
    assert "nothing is known of nobody" in shell.refused("status", "nobody", code=1)
    assert "cannot be the id" in shell.refused("task", "show", "no body", code=2)


def test_a_misspelt_queue_is_not_said_to_have_no_dead_tasks(shell: CommandLine) -> None:
    shell.ok("enqueue", "greet", "{}")
    complaint = shell.refused("dead", "list", "--queue", "misspelt", code=1)
    assert "queue misspelt does not exist yet" in complaint


def test_a_dead_task_shows_why_with_its_traceback(
    shell: CommandLine, three_dead: list[str]
) -> None:
    record = shell.ok("task", "show", three_dead[0], "--json").json
    assert (record["state"], record["reason"], record["attempts"]) == ("dead", "failed", 1)
    assert record["error"]["type"] == "ValueError"
    shown = shell.ok("task", "show", three_dead[0]).out
    # What a task says is shown as it is, and never read as markup.
    assert "ValueError: no [red]reason[/]" in shown
    assert "shop.py" in shown


@pytest.mark.oldest
def test_dead_tasks_are_listed_and_run_again(shell: CommandLine, three_dead: list[str]) -> None:
    listed = shell.ok("dead", "list", "--limit", "2").out
    assert listed.startswith("3 dead tasks")
    assert three_dead[0] in listed
    assert three_dead[2] not in listed
    assert shell.ok("dead", "retry", three_dead[0]).out == f"{three_dead[0]} waits again\n"
    assert shell.ok("dead", "retry", "--all").out == "2 tasks redriven\n"
    assert shell.ok("dead", "list").out == "no dead tasks\n"
    assert [t["depth"] for t in shell.ok("status", "--json").json["tiers"]] == [0, 3, 0]


def test_dead_tasks_are_dropped_for_ever(shell: CommandLine, three_dead: list[str]) -> None:
    assert shell.ok("dead", "drop", three_dead[0], "--json").json == [
        {"id": three_dead[0], "done": True}
    ]
    assert "nothing is known" in shell.refused("task", "show", three_dead[0], code=1)
    assert "--yes" in shell.refused("dead", "drop", "--all", code=2)
    assert shell.ok("dead", "drop", "--all", "--yes", "--json").json == {"done": 2, "refused": 0}


def test_it_has_to_be_said_which_dead_tasks_are_meant(shell: CommandLine) -> None:
    for arguments in (("retry",), ("retry", "x", "--all"), ("drop",)):
        assert "--all" in shell.refused("dead", *arguments, code=2)


def test_more_than_a_page_of_dead_tasks_runs_again(shell: CommandLine) -> None:
    shell.ok("enqueue", "fail", '{"why": "once"}', "--count", "1200")
    shell.work_off()
    assert shell.ok("dead", "retry", "--all", "--json").json == {"done": 1200, "refused": 0}
    assert shell.ok("status", "--json").json["tiers"][1]["depth"] == 1200


def test_what_waits_is_cancelled_and_what_is_settled_is_not(shell: CommandLine) -> None:
    shell.ok("enqueue", "greet", '{"name": "Ada"}', "--id", "a")
    assert shell.ok("task", "cancel", "a").out == "a cancelled\n"
    assert shell.ok("status", "a", "--json").json["state"] == "cancelled"
    said = shell("task", "cancel", "a", "nobody", "--json")
    assert (said.code, [each["answer"] for each in said.json]) == (1, ["FINISHED", "GONE"])
    assert said.err.splitlines() == [
        "giveway: a has finished already",
        "giveway: nobody is not known: never there, or not kept",
    ]


def test_a_delayed_task_is_made_to_run_now(shell: CommandLine) -> None:
    shell.ok("enqueue", "greet", '{"name": "Ada"}', "--delay", "3600", "--id", "later")
    assert shell.ok("task", "retry", "later").out == "later waits again\n"
    assert shell.ok("status", "later", "--json").json["state"] == "waiting"
    assert "not dead or delayed" in shell.refused("task", "retry", "later", code=1)
