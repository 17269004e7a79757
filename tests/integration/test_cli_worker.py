"""`giveway worker` as a person or an orchestrator starts and stops it."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command_line import SCRIPT, SHOP, CommandLine


@pytest.fixture
def shell(tmp_path: Path, redis_url: str, queue: str) -> CommandLine:
    (tmp_path / "shop.py").write_text(SHOP.format(queue=queue))
    return CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": redis_url, "GIVEWAY_QUEUE": queue})


def test_a_burst_leaves_when_the_queue_is_drained(shell: CommandLine) -> None:
    shell.ok("enqueue", "greet", '{"name": "Ada"}', "--count", "50")
    shell.work_off()
    assert shell.ok("status", "--json").json["tiers"][1]["counters"]["done"] == 50


def test_a_reserved_worker_takes_nothing_but_its_tiers(shell: CommandLine) -> None:
    for tier in ("high", "low"):
        shell.ok("enqueue", "greet", '{"name": "Ada"}', "--tier", tier, "--id", tier)
    assert shell("worker", "shop:app", "--burst", "--tiers", "high").code == 0
    assert shell.ok("status", "high", "--json").json["state"] == "done"
    assert shell.ok("status", "low", "--json").json["state"] == "waiting"


@pytest.fixture
def worker(shell: CommandLine) -> Iterator[subprocess.Popen[str]]:
    """A worker with two processes that has started."""
    with subprocess.Popen(
        [SCRIPT, "worker", "shop:app", "--processes", "2"],
        cwd=shell.folder,
        env=shell.environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            assert "started" in process.stderr.readline()
            yield process
        finally:
            process.kill()


def test_a_worker_shows_up_in_the_status_and_leaves_when_it_is_told(
    shell: CommandLine, worker: subprocess.Popen[str]
) -> None:
    def itself() -> dict[str, Any]:
        (found,) = shell.ok("status", "--json").json["workers"]
        return dict(found)

    while len(itself()["children"]) < 2:  # it tells of them with its next sign of life
        assert worker.poll() is None
    assert (itself()["pid"], itself()["processes"]) == (worker.pid, 2)
    assert itself()["worker"] in shell.ok("status").out
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0


def test_a_worker_that_is_told_to_leave_while_it_imports_its_app_leaves_in_order(
    shell: CommandLine,
) -> None:
    slow = "import time\nprint('importing', flush=True)\ntime.sleep(60)\n"
    (shell.folder / "slow.py").write_text(slow)
    with subprocess.Popen(
        [SCRIPT, "worker", "slow:app"],
        cwd=shell.folder,
        env=shell.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as early:
        assert early.stdout is not None
        assert early.stdout.readline() == "importing\n"
        early.send_signal(signal.SIGTERM)
        assert early.wait(20) == 0
