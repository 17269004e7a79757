"""How a record becomes a line: for people and for machines, whatever is in it."""

import json
import logging
from typing import Any

import pytest

from giveway.telemetry.events import Subject, bind
from giveway.telemetry.lines import JsonLines, TextLines

TASK = Subject("0d1o8s", "build_one", "high", 2, 1763)


class Nameless:
    """What cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no")


def record(
    message: str, *args: object, fields: dict[str, object] | None = None, **more: Any
) -> logging.LogRecord:
    made = logging.LogRecord("shop.mail", logging.INFO, "mail.py", 1, message, args, None)
    made.created = 0.5
    bind(made, more.pop("task", None))
    if fields is not None:
        made.giveway = fields
    for name, value in more.items():
        setattr(made, name, value)
    return made


def text(made: logging.LogRecord, *, colour: bool = False) -> str:
    return TextLines(colour=colour).format(made)


def parsed(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonLines({"queue": "q", "owner": "w"}).format(made)
    assert len(line.splitlines()) == 1
    found: dict[str, Any] = json.loads(line, parse_constant=pytest.fail)
    return found


def test_an_event_is_an_aligned_line_of_fields() -> None:
    assert text(record("stopping", fields={"grace_seconds": 20})) == (
        "1970-01-01T00:00:00.500Z INFO    stopping             grace_seconds=20"
    )


def test_a_line_of_a_task_names_its_logger_and_the_task() -> None:
    assert text(record("sent %d letters", 3, task=TASK)) == (
        "1970-01-01T00:00:00.500Z INFO    shop.mail: sent 3 letters"
        " id=0d1o8s task=build_one tier=high attempt=2 fence=1763"
    )


def test_an_event_that_names_its_task_does_not_name_the_one_around_it() -> None:
    fields: dict[str, object] = {"id": "another", "tier": "low"}
    assert "build_one" not in text(record("resumed", fields=fields, task=TASK))
    line = parsed(record("resumed", fields=fields, task=TASK))
    assert (line["id"], line["tier"], "attempt" in line) == ("another", "low", False)


def test_json_has_the_task_the_queue_and_the_worker() -> None:
    line = parsed(record("sent", task=TASK))
    assert line | {"pid": 0} == {
        "time": "1970-01-01T00:00:00.500Z",
        "level": "info",
        "logger": "shop.mail",
        "message": "sent",
        "id": "0d1o8s",
        "task": "build_one",
        "tier": "high",
        "attempt": 2,
        "fence": 1763,
        "queue": "q",
        "owner": "w",
        "pid": 0,
    }


def test_a_message_of_several_lines_stays_one_record() -> None:
    message = "first\nsecond\u2028third\x85fourth"
    assert parsed(record(message))["message"] == message
    first, second = text(record(message, task=TASK)).split("\n")
    assert "shop.mail: first id=0d1o8s" in first
    assert second == "    second\u2028third\\x85fourth"


def test_a_field_of_several_lines_stands_below_the_line() -> None:
    made = record("task_dead", fields={"reason": "failed", "traceback": "File x\n  in y\n"})
    assert text(made).splitlines()[1:] == ["    traceback:", "        File x", "          in y"]
    assert parsed(made)["traceback"] == "File x\n  in y\n"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in text(record("\x1b[2Jgone\r", fields={"error": "\x1b]0;title"}))


def test_colours_are_for_terminals() -> None:
    assert "\x1b[" not in text(record("stopping", fields={}))
    assert "\x1b[1mstopping" in text(record("stopping", fields={}), colour=True)


@pytest.mark.parametrize("value", ["two words", "", 'a"b', "a=b"])
def test_a_value_cannot_be_taken_for_two_fields(value: str) -> None:
    line = text(record("x", fields={"error": value, "n": 1}))
    assert f"error={json.dumps(value)} n=1" in line


@pytest.mark.parametrize(
    "value", [Nameless(), b"\xff", {1: 2}, {("a",): 1}, [float("nan")], float("inf"), {3}, "\udc80"]
)
def test_no_value_costs_the_line(value: object) -> None:
    made = record("counted", fields={"value": value}, other=value, task=TASK)
    assert text(made).startswith("1970")
    line = parsed(made)
    assert (line["event"], line["id"]) == ("counted", "0d1o8s")
    assert {"value", "extra"} <= set(line)


def test_something_that_holds_itself_does_not_cost_the_line() -> None:
    circle: list[object] = []
    circle.append(circle)
    assert parsed(record("round", extra_field=circle))["message"] == "round"


def test_a_message_whose_arguments_do_not_fit_is_written_as_it_is() -> None:
    assert parsed(record("%d letters", "three"))["message"].startswith("%d letters")


def test_what_a_program_adds_stands_apart() -> None:
    assert parsed(record("sent", letters=3))["extra"] == {"letters": 3}


def test_a_program_that_calls_something_of_its_own_giveway_costs_neither_line_nor_task() -> None:
    """It may: `extra={"giveway": 5}`."""
    assert parsed(record("sent", giveway=5))["message"] == "sent"
    assert "sent" in text(record("sent", giveway=5))


def test_a_traceback_is_part_of_the_line() -> None:
    try:
        raise ValueError("no paper")
    except ValueError as error:
        made = record("failed", exc_info=(type(error), error, error.__traceback__))
    assert parsed(made)["traceback"].endswith("ValueError: no paper")
    assert text(made).splitlines()[-1] == "        ValueError: no paper"
