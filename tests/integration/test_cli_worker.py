"""`giveway worker` as a person or an orchestrator starts and stops it."""

import os
import signal
import subprocess
from pathlib import Path

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


def test_a_worker_shows_up_in_the_status_and_leaves_when_it_is_told(shell: CommandLine) -> None:
    with subprocess.Popen(
        [SCRIPT, "worker", "shop:app", "--processes", "2"],
        cwd=shell.folder,
        env=shell.environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stderr is not None
        assert "started" in worker.stderr.readline()
        id = shell.ok("enqueue", "greet", '{"name": "Ada"}', "--tier", "high").out.strip()
        while shell.ok("status", id, "--json").json["state"] != "done":
            assert worker.poll() is None
        (seen,) = shell.ok("status", "--json").json["workers"]
        assert (seen["pid"], seen["processes"], len(seen["children"])) == (worker.pid, 2, 2)
        assert f"{seen['worker']}" in shell.ok("status").out
        os.kill(worker.pid, signal.SIGTERM)
        assert worker.wait(20) == 0
