"""Every way of calling a command wrongly is one line and an exit code, never a traceback."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from giveway.testing import embedded_server
from tests.integration.command_line import SCRIPT, SHOP, CommandLine

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def shell(tmp_path: Path) -> CommandLine:
    (tmp_path / "shop.py").write_text(SHOP.format(queue="shop"))
    return CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": NOBODY, "GIVEWAY_QUEUE": "shop"})


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["status", "some-id"],
        ["enqueue", "greet"],
        ["task", "cancel", "some-id"],
        ["dead", "list"],
        ["dead", "retry", "--all"],
        ["queue", "tiers"],
        ["queue", "pause", "low"],
    ],
)
def test_an_absent_redis_is_one_line(shell: CommandLine, command: list[str]) -> None:
    assert "127.0.0.1:1 cannot be reached" in shell.refused(*command, code=1)


def test_a_wrong_password_is_one_line_without_the_password(tmp_path: Path) -> None:
    with embedded_server(args=["--requirepass", "right"]) as server:
        url = server.url.replace("redis://", "redis://:letmein@")
        shell = CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": url, "GIVEWAY_QUEUE": "shop"})
        complaint = shell.refused("status", code=1)
        assert "password" in complaint
        assert "letmein" not in complaint


@pytest.mark.oldest
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["status", "--frob"], "giveway status --help explains"),
        (["enqueue"], "TASK"),
        (["status", "--queue", "a b"], "queue 'a b' is not a valid name"),
        (["status", "--redis-url", "http://localhost"], "redis://"),
        (["worker", "shop"], "MODULE:APP"),
        (["worker", "nowhere.tasks:app"], "no module named 'nowhere'"),
        (["worker", "shop.tasks:app"], "no module named 'shop.tasks'"),
        (["worker", "shop:application"], "module 'shop' has no 'application'"),
        (["worker", "shop:Retry"], "not a giveway.Giveway app"),
        (["worker", "shop:app", "--processes", "0"], "--processes"),
        (["worker", "shop:app", "--max-age", "-1"], "'--max-age'"),
        (["worker", "shop:app", "--tiers", "lowest"], "it has high, normal, low"),
        (["worker", "shop:app", "--redis-url", "nonsense"], "redis://"),
        (["demo", "--channels", "5"], "--channels"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(
    shell: CommandLine, arguments: list[str], complaint: str
) -> None:
    assert complaint in shell.refused(*arguments, code=2)


def test_a_module_that_leaves_while_it_is_imported_does_not_do_so_without_a_word(
    shell: CommandLine,
) -> None:
    (shell.folder / "leaver.py").write_text("import sys\nsys.exit(0)\n")
    complaint = shell.refused("worker", "leaver:app", code=1)
    assert "leaver cannot be imported: SystemExit: 0" in complaint
    assert "leaver.py, line 2" in complaint


@pytest.mark.oldest
def test_the_version_is_told_to_who_writes_a_report(shell: CommandLine) -> None:
    assert re.fullmatch(r"giveway \d\S* \(Python 3\.\d+\.\d+\)\n", shell.ok("--version").out)


def test_a_queue_has_to_be_named(tmp_path: Path) -> None:
    shell = CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": NOBODY})
    assert "--queue or GIVEWAY_QUEUE" in shell.refused("status", code=2)


def test_a_bad_setting_names_its_variable(tmp_path: Path) -> None:
    shell = CommandLine(tmp_path, {"GIVEWAY_SLOTS": "many"})
    assert "GIVEWAY_SLOTS" in shell.refused("status", "--queue", "shop", code=2)


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("x = 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("x = = 1\n", "SyntaxError: invalid syntax"),
        ("import nowhere\n", "ModuleNotFoundError: No module named 'nowhere'"),
        ("from giveway import Giveway\nGiveway('a b')\n", "'a b' is not a valid name"),
    ],
)
def test_a_module_that_fails_is_named_with_the_place(
    shell: CommandLine, program: str, complaint: str
) -> None:
    (shell.folder / "broken.py").write_text(program)
    said = shell("worker", "broken:app")
    assert said.code in {1, 2}
    assert complaint in said.err
    assert said.err.count("\n") == 1
    assert "giveway: " in said.err


def test_a_reader_that_has_seen_enough_is_no_error(shell: CommandLine) -> None:
    pipe = f"{SCRIPT} enqueue --help | true; echo ${{PIPESTATUS[0]}}"
    said = subprocess.run(
        ["/bin/bash", "-c", pipe], capture_output=True, text=True, env=shell.environment, check=True
    )
    assert said.stderr == ""


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["worker"],
        ["enqueue"],
        ["status"],
        ["task", "show"],
        ["dead", "retry"],
        ["queue", "tiers"],
    ],
)
def test_help_teaches_with_examples(shell: CommandLine, command: list[str]) -> None:
    said = shell.ok(*command, "--help")
    assert said.out.count("giveway ") >= 2


def test_completion_can_be_installed(shell: CommandLine) -> None:
    completion = CommandLine(
        shell.folder,
        {"_GIVEWAY_COMPLETE": "complete_bash", "COMP_WORDS": "giveway de", "COMP_CWORD": "1"},
    )
    assert completion.ok().out.split() == ["demo", "dead"]


def test_a_worker_starts_without_what_only_tables_need() -> None:
    program = (
        "import sys; from giveway.cli.main import run; "
        "assert run(['worker', 'nowhere:app']) == 2; "
        "print([name for name in sys.modules if name.split('.')[0] == 'rich'])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout == "[]\n"
