"""What a person sees on `giveway top` while real workers work, in a real terminal."""

import os
import signal

import pytest

from giveway.testing import EmbeddedServer
from tests.faults.top.terminal import BIN, PROMPT, Terminal
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop


def row(lines: list[str], word: str) -> str:
    return next(line for line in lines if word in line)


def fills(lines: list[str], height: int) -> bool:
    """The last line of the old size would be in the middle of a larger window, or gone."""
    return len(lines) == height and "q quit" in lines[-1] and "all is well" in lines[1]


def test_work_is_seen_with_what_gave_way_below_it(
    shop: Shop, worker: StartWorker, top: Terminal
) -> None:
    worker()
    batch = shop.put("items", 600, "sleep:0.02")
    top.shows("● all is well", "items low", "/600", "left")
    shop.put("step", "hold:gate", tier="high")
    shop.held()
    lines = top.shows("1 step", "└ items", "suspended", "→ step high", "batches: 1 suspended")
    at = lines.index(row(lines, "1 step"))
    assert "└ items" in lines[at + 1]
    assert "items low → step high" in row(lines, "→")
    assert "inline" in row(lines, "→")
    shop.open("gate")
    top.shows("batches: 1 running", "left")
    top.hides("└ items")
    shop.settled(batch)
    top.shows("no batch has begun")


def test_waits_are_seen_as_percentiles(shop: Shop, worker: StartWorker, top: Terminal) -> None:
    worker()
    for _ in range(20):
        shop.settled(shop.put("step", "sleep:0.01", tier="high"))
    top.meets(lambda lines: row(lines, " high ").count("ms") == 3, "p50, p95 and p99 of high")


def test_a_stopped_worker_leaves_the_screen_and_a_lost_one_is_missed(
    shop: Shop, worker: StartWorker, top: Terminal
) -> None:
    stopped, lost = worker(), worker()
    top.shows("2 workers", f"pid {stopped.pid}", f"pid {lost.pid}")
    assert stopped.stop() == 0
    top.shows("1 worker ", "● all is well")
    top.hides(f"pid {stopped.pid}")
    lost.kill()
    lines = top.shows("✗ 1 worker silent for", f"pid {lost.pid}")
    assert lines[1].startswith(" ✗ 1 worker silent for")


def test_work_that_nobody_serves_is_the_verdict(
    shop: Shop, worker: StartWorker, top: Terminal
) -> None:
    worker(tiers="high")
    shop.put("step", tier="low")
    lines = top.shows("no worker serves it")
    assert "low waits" in lines[1]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50), (60, 12)])
def test_a_window_of_another_size_is_filled_at_once(
    shop: Shop, worker: StartWorker, top: Terminal, width: int, height: int
) -> None:
    worker()
    top.shows("1 worker ")
    top.resize(width, height)
    lines = top.meets(lambda shown: fills(shown, height), f"a screen of {height} lines")
    assert lines[1].startswith(" ● all is well")
    assert max(map(len, lines)) <= width
    assert ("failed" in lines[3]) is (width >= 120)


def test_sizes_that_a_shell_has_exported_are_not_believed(shop: Shop, terminal: Terminal) -> None:
    shop.put("step", delay=3600)
    terminal.run("export COLUMNS=120 LINES=40")
    terminal.run(f"{BIN}/giveway top")
    terminal.shows("tiers", "q quit")
    terminal.resize(80, 24)
    terminal.meets(
        lambda shown: "q quit" in shown[-1] and "tiers" in "\n".join(shown[:4]), "24 lines"
    )


def test_redis_goes_and_comes_back_and_the_screen_stays(
    shop: Shop, worker: StartWorker, top: Terminal, server: EmbeddedServer
) -> None:
    worker()
    top.shows("● all is well")
    server.kill()
    lines = top.shows("✗ Redis away since", "tiers as of")
    assert "cannot be reached" in lines[1]
    assert "normal" in "\n".join(lines), "what was there last is still to be seen"
    server.start()
    top.shows("● all is well")
    top.hides("tiers as of")


def test_a_redis_that_is_away_from_the_start_is_waited_for(
    shop: Shop, terminal: Terminal, server: EmbeddedServer
) -> None:
    server.kill()
    terminal.run(f"{BIN}/giveway top")
    terminal.shows("✗ Redis away since", "q quit")
    server.start()
    terminal.shows("does not exist yet")
    shop.put("step", tier="normal", delay=3600)
    terminal.shows("tiers", "no worker runs, and nothing waits for one")


def test_a_frozen_redis_freezes_neither_screen_nor_keys(
    top: Terminal, server: EmbeddedServer
) -> None:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        top.shows("✗ Redis has not answered for")
        top.keys("j", "p")
        top.shows("pausing high …")
        top.keys("q")
        top.shows(PROMPT, within=5)
    finally:
        os.kill(server.pid, signal.SIGCONT)
