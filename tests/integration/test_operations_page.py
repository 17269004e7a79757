"""docs/operations.md: what it says to type can be typed, and its tables tell the truth.

Redis users and TLS on that page: tests/integration/store/test_rights.py, tests/faults/network.
"""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from giveway import Giveway, State
from giveway.core.remote_error import RemoteError
from giveway.settings import Settings
from giveway.telemetry import metrics
from giveway.testing import EmbeddedServer, embedded_server
from tests.integration.by_hand import Hand

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
LEVELS = {"debug", "info", "warning", "error"}


def blocks(language: str) -> list[str]:
    """What stands in the fences of this language."""
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```$", PAGE, re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


# -- the table of events --------------------------------------------------------------------------


def in_the_source() -> dict[str, set[str]]:
    """The name and the levels of every event that Giveway writes."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "worker" / "giveway").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="event"), args=[name, *_], keywords=keywords):
                    assert isinstance(name, ast.Constant), f"{path}:{node.lineno}: say the name"
                    given = [one.value for one in keywords if one.arg == "level"]
                    found.setdefault(str(name.value), set()).update(_levels(given))
    return found


def _levels(given: list[ast.expr]) -> set[str]:
    if not given:
        return {"info"}
    (level,) = given
    return {str(level.value)} if isinstance(level, ast.Constant) else LEVELS


def in_the_table() -> dict[str, set[str]]:
    row = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| ([a-z, ]+) \| .+ \| .*\|$", re.MULTILINE)
    return {
        name: set(levels.split(", "))
        for names, levels in row.findall(PAGE)
        for name in re.findall(r"\w+", names)
    }


def test_the_table_has_every_line_that_a_worker_may_write_and_no_other() -> None:
    assert set(in_the_table()) == set(in_the_source())


def test_the_table_tells_the_level_of_each() -> None:
    source = in_the_source()
    for name, levels in in_the_table().items():
        assert levels <= source[name], name
        assert levels == source[name] or source[name] == LEVELS, name


# -- what is named ------------------------------------------------------------------------------


def test_every_metric_of_the_alerts_is_in_the_catalogue() -> None:
    (rules,) = blocks("yaml")[1:]
    named = set(re.findall(r"\bgiveway_\w+", rules))
    assert len(named) >= 2
    assert named <= {one.full_name for one in metrics.CATALOGUE}


def test_every_alert_has_a_runbook_and_every_link_leads_somewhere() -> None:
    titles = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in titles}
    for alert in re.findall(r"- alert: (\w+)", PAGE):
        assert any(alert in title for title in titles), alert
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
    for page in re.findall(r"\]\(([\w/.-]+\.md)", PAGE):
        assert (ROOT / "docs" / page).is_file(), page


def test_every_setting_that_is_named_exists() -> None:
    named = {name.lower() for name in re.findall(r"GIVEWAY_([A-Z_]+)", PAGE)}
    assert named - set(Settings.model_fields) <= {"pod_name"}  # what a pod is told about itself


# -- what is to be typed --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def configured() -> Iterator[EmbeddedServer]:
    """A server that was started with the lines of the page."""
    lines = next(one for one in blocks("") if "maxmemory-policy" in one).splitlines()
    arguments = [word for line in lines for word in (f"--{line.split()[0]}", *line.split()[1:])]
    with embedded_server(args=arguments) as server:
        yield server


def test_a_server_takes_what_the_page_wants_set(configured: EmbeddedServer) -> None:
    with redis.Redis(port=configured.port) as client:
        found = client.config_get("*")
    assert (found["maxmemory-policy"], found["appendonly"]) == ("noeviction", "yes")
    assert (found["hash-max-listpack-value"], found["timeout"]) == ("2048", "0")


def test_the_doctor_wants_nothing_else_of_such_a_server(
    night: None, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["doctor"])
    findings = re.findall(r"^(\w+) +(\w+) ", capsys.readouterr().out, re.MULTILINE)
    unwell = {what for verdict, what in findings if verdict != "ok"}
    assert len(findings) > 8
    assert unwell <= {"memory", "workers", "dead"}, "of this machine and this queue"


def run(words: list[str]) -> int:
    """A command, in this process: twenty interpreters would take twenty times as long."""
    from giveway.cli.main import (
        run,
    )  # the oldest typer warns of the newest click, and cannot help it

    return run(words)


def typed() -> list[str]:
    """Every command of the page, without its comment."""
    lines = [line.split("  #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("kubectl")]


@pytest.fixture
def night(
    configured: EmbeddedServer, queue: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A queue in which something is dead, something waits, and somebody is woken."""
    app = Giveway(queue, redis_url=configured.url)

    @app.task
    def build(n: int) -> None: ...

    dead = build.options(id="ID").enqueue(1)
    Hand(app).dead(Hand(app).claim(), RemoteError("ValueError", "no paper"))
    assert dead.status() is State.DEAD
    build.options(id="WAITS").enqueue(2)
    monkeypatch.setenv("GIVEWAY_REDIS_URL", configured.url)
    monkeypatch.setenv("GIVEWAY_QUEUE", queue)
    yield
    app.close()


def test_there_is_something_to_type() -> None:
    assert len(typed()) > 20
    assert {line.split()[0] for line in typed()} == {"giveway", "redis-cli"}


@pytest.mark.parametrize("line", sorted(set(typed())))
def test_what_the_page_says_to_type_works(
    night: None, configured: EmbeddedServer, line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    program, *words = shlex.split(line.replace("cancel ID", "cancel WAITS"))
    if program == "redis-cli":
        with redis.Redis(port=configured.port) as client:
            assert client.execute_command(*words) is not None
        return
    code = run(words)
    said = capfd.readouterr()
    # The doctor finds that no worker is there.
    assert code in ((0, 1) if words[0] == "doctor" else (0,)), said.err
    assert said.out
