"""What keys do on `giveway top`: to the queue, and to the terminal when they end it."""

import os
import signal
from pathlib import Path

import pytest
import redis

from giveway.testing import EmbeddedServer
from tests.faults.top.terminal import BIN, Terminal
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

# A mistake of ours, in the middle of drawing.
MISTAKE = """
from giveway.cli.top import live
def mistake(*args, **kw):
    raise ZeroDivisionError("a mistake of ours")
live.picture = mistake
from giveway.cli.main import main
main()
"""


def test_p_pauses_the_selected_tier_and_r_lets_it_go_on(shop: Shop, top: Terminal) -> None:
    top.keys("p")
    top.shows("select a tier first")
    top.keys("Down", "j", "j", "k")
    top.shows("▸ normal")
    top.keys("p")
    top.shows("normal is paused: it takes work and gives none out", "▸ normal paused")
    assert shop.tier("normal").paused
    assert not shop.tier("high").paused
    top.keys("r")
    top.shows("normal goes on")
    assert not shop.tier("normal").paused


def test_dead_tasks_run_again_when_somebody_says_yes(
    shop: Shop, worker: StartWorker, top: Terminal
) -> None:
    working = worker()
    for _ in range(2):
        shop.settled(shop.put("step", "raise:no", tier="normal"))
    working.stop()
    top.shows("dead tasks: 2 (+2 in the last minute)")
    top.keys("t")
    top.shows("run 2 dead tasks again?")
    top.keys("n")
    top.shows("nothing was done")
    assert shop.snapshot().dead == 2
    top.keys("t", "y")
    top.shows("2 dead tasks wait again")
    assert shop.snapshot().dead == 0
    assert shop.tier("normal").depth == 2


def test_what_cannot_be_done_is_said_in_one_line(
    shop: Shop, top: Terminal, server: EmbeddedServer
) -> None:
    with redis.Redis.from_url(shop.url) as admin:
        admin.execute_command("ACL", "SETUSER", "default", "-hset")
    top.keys("j", "p")
    lines = top.shows("not done:")
    assert "not done:" in lines[-2]
    assert "q quit" in lines[-1], "the screen is still there"
    assert "Traceback" not in top.text()


def test_help_explains_the_keys(top: Terminal) -> None:
    top.keys("?")
    top.shows("run the dead tasks of the queue again")
    top.keys("?")
    top.hides("run the dead tasks of the queue again")


@pytest.mark.parametrize("end", ["q", "Ctrl-C", "SIGTERM", "mistake"])
def test_the_terminal_is_as_it_was_whatever_ends_it(
    shop: Shop, terminal: Terminal, tmp_path: Path, end: str
) -> None:
    shop.put("step", delay=3600)
    before = terminal.settings()
    assert {"echo", "icanon"} <= before
    program = tmp_path / "mistake.py"
    program.write_text(MISTAKE)
    terminal.run(f"{BIN}/python {program} top" if end == "mistake" else f"{BIN}/giveway top")
    if end != "mistake":
        terminal.shows("q quit")
        assert terminal.alternate
        assert "-echo" in terminal.settings()
    match end:
        case "q" | "Ctrl-C":
            terminal.keys("C-c" if end == "Ctrl-C" else "q")
        case "SIGTERM":
            os.kill(terminal.program, signal.SIGTERM)
        case "mistake":
            terminal.shows("ZeroDivisionError: a mistake of ours")
    until(lambda: not terminal.alternate, what="the shell's screen")
    until(lambda: terminal.settings() == before, what="the terminal's settings")
    assert terminal.cursor
    terminal.run("echo ends-with $?")
    codes = {"q": 0, "Ctrl-C": 130, "SIGTERM": 130, "mistake": 1}
    lines = terminal.shows(f"ends-with {codes[end]}")
    assert "echo ends-with $?" in "\n".join(lines), "what is typed is seen"
