"""`giveway worker --reload`: a developer saves a file, and the next task runs what it says."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from giveway import Batch, Giveway, State
from tests.integration.command_line import SCRIPT, CommandLine
from tests.integration.worker.waiting import until

CEILING = 60.0  # every restart is a new interpreter: on a busy machine seconds each

SHOP = """
import time

from giveway import Batch, Giveway, State

app = Giveway()

@app.task
def say() -> str:
    return {word!r}

@app.task
def nap() -> None:
    time.sleep(1)

@app.batch
def count(batch: Batch) -> str:
    for n in batch.each(range(60)):
        time.sleep(0.03)
    return f"{word} {{batch.done}}"
"""


class Reloading:
    """A reloader with its worker, what both have said, and no process left at the end."""

    def __init__(self, shell: CommandLine, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [SCRIPT, "worker", *arguments, "--reload"],
            cwd=shell.folder,
            env=shell.environment,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def said(self, words: str, *, times: int = 1) -> str:
        """The line with these words, once there are as many of them."""

        def ask() -> list[str]:
            found = [line for line in self.lines if words in line]
            return found if len(found) >= times else []

        try:
            return until(ask, what=f"{times} x {words!r}", within=CEILING)[times - 1]
        except AssertionError as error:
            raise AssertionError(f"{error}; all it has said: {self.lines}") from None

    def worker(self) -> int:
        """The process id of the worker."""
        pid = self.process.pid
        (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(child)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self._reader.join(CEILING)  # its pipe is closed when the last process has gone
        assert not self._reader.is_alive(), "the worker has outlived its reloader"
        self.process.stderr.close()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(iter(self.process.stderr.readline, ""))


@pytest.fixture
def shell(tmp_path: Path, redis_url: str, queue: str) -> CommandLine:
    (tmp_path / "shop.py").write_text(SHOP.format(word="one"))
    return CommandLine(
        tmp_path,
        {"GIVEWAY_REDIS_URL": redis_url, "GIVEWAY_QUEUE": queue, "GIVEWAY_METRICS_PORT": "0"},
    )


@pytest.fixture
def reloading(shell: CommandLine) -> Iterator[Reloading]:
    one = Reloading(shell, "shop:app")
    yield one
    one.end()


def save(shell: CommandLine, text: str) -> None:
    """As most editors do it: a new file in the place of the old."""
    draft = shell.folder / "draft"
    draft.write_text(text)
    draft.replace(shell.folder / "shop.py")


class Customer:
    """Enqueues what the app of these tests knows."""

    def __init__(self, app: Giveway) -> None:
        self.app = app
        self.say = app.task(say)
        self.nap = app.task(nap)
        self.count = app.batch(count)

    def hears(self) -> str:
        return self.say.enqueue().result(timeout=CEILING)


def say() -> str:
    raise AssertionError("the worker's runs, not this one")


def nap() -> None:
    raise AssertionError("the worker's runs, not this one")


def count(batch: Batch) -> str:
    raise AssertionError("the worker's runs, not this one")


@pytest.fixture
def customer(redis_url: str, queue: str) -> Iterator[Customer]:
    app = Giveway(queue, redis_url=redis_url)
    yield Customer(app)
    app.close()


def test_the_next_task_runs_what_was_saved(
    shell: CommandLine, reloading: Reloading, customer: Customer
) -> None:
    reloading.said("started")
    assert "watching" in reloading.lines[0]
    assert customer.hears() == "one"
    save(shell, SHOP.format(word="three"))
    assert reloading.said("changed") == "giveway: shop.py changed: starting anew\n"
    reloading.said("stopped")
    reloading.said("started", times=2)
    assert customer.hears() == "three"


def test_a_batch_that_runs_meanwhile_goes_on_where_it_stood(
    shell: CommandLine, reloading: Reloading, customer: Customer
) -> None:
    reloading.said("started")
    batch = customer.count.enqueue()
    until(lambda: batch.progress().done, what="its first items")
    save(shell, SHOP.format(word="three"))
    assert batch.result(timeout=CEILING) == "three 60"
    record = shell.ok("status", batch.id, "--json").json
    assert (record["attempts"], record["crashes"]) == (0, 0)


def test_a_mistake_is_told_in_one_line_and_the_next_change_mends_it(
    shell: CommandLine, reloading: Reloading, customer: Customer
) -> None:
    reloading.said("started")
    save(shell, "app = Giveway(\n")
    assert "SyntaxError: '(' was never closed" in reloading.said("cannot be imported")
    reloading.said("the worker has ended (exit code 1); the next change starts it anew")
    save(shell, "app = Giveway()\n")
    assert "NameError" in reloading.said("cannot be imported", times=2)
    reloading.said("the worker has ended", times=2)
    save(shell, SHOP.format(word="three"))
    reloading.said("started", times=2)
    assert customer.hears() == "three"
    assert "Traceback" not in "".join(reloading.lines)
    assert len([line for line in reloading.lines if "has ended" in line]) == 2, "once for each"


def test_what_is_no_python_starts_nothing(shell: CommandLine, reloading: Reloading) -> None:
    reloading.said("started")
    worker = reloading.worker()
    (shell.folder / "notes.txt").write_text("remember the milk")
    (shell.folder / "node_modules").mkdir()
    (shell.folder / "node_modules" / "other.py").write_text("")
    (shell.folder / "more.py").write_text("")  # so that it has seen all three
    reloading.said("more.py changed: starting anew")
    reloading.said("started", times=2)
    assert reloading.worker() != worker
    assert len([line for line in reloading.lines if "changed" in line]) == 1


def test_ctrl_c_ends_both_and_the_running_task_has_its_grace(
    reloading: Reloading, customer: Customer
) -> None:
    reloading.said("started")
    running = customer.nap.enqueue()
    until(lambda: running.status() is State.RUNNING, what="a running task")
    os.killpg(reloading.process.pid, signal.SIGINT)  # what a terminal does
    assert reloading.process.wait(CEILING) == 0
    reloading.said("stopped")
    assert running.status() is State.DONE, "a second signal has ended its grace"
    assert "has ended" not in "".join(reloading.lines)


def test_it_can_be_ended_while_it_waits_for_a_change(
    shell: CommandLine, reloading: Reloading
) -> None:
    reloading.said("started")
    save(shell, "1 +")
    reloading.said("the next change")
    reloading.process.send_signal(signal.SIGTERM)
    assert reloading.process.wait(CEILING) == 0


def test_a_worker_does_not_outlive_its_reloader(reloading: Reloading) -> None:
    reloading.said("started")
    reloading.end()  # SIGKILL for the reloader alone; says so if its worker stays


def test_a_package_elsewhere_is_watched_too(
    shell: CommandLine, tmp_path: Path, customer: Customer
) -> None:
    library = tmp_path.parent / f"{tmp_path.name}-library" / "market"
    library.mkdir(parents=True)
    (library / "__init__.py").touch()
    (library / "tasks.py").write_text(SHOP.format(word="one"))
    there = CommandLine(shell.folder, {**shell.variables, "PYTHONPATH": str(library.parent)})
    one = Reloading(there, "market.tasks:app")
    try:
        one.said("started")
        assert str(library) in one.said("watching")
        (library / "tasks.py").write_text(SHOP.format(word="three"))
        one.said("tasks.py changed")
        one.said("started", times=2)
        assert customer.hears() == "three"
    finally:
        one.end()


def test_without_watchfiles_it_says_what_to_install(shell: CommandLine) -> None:
    without = (
        "import sys; sys.modules['watchfiles'] = None; sys.argv[0] = 'giveway';"
        "from giveway.cli.main import main; main()"
    )
    said = subprocess.run(
        [sys.executable, "-c", without, "worker", "shop:app", "--reload"],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 1
    assert said.stderr == "giveway: --reload needs watchfiles: pip install 'giveway[reload]'\n"


def test_a_burst_that_never_ends_is_refused(shell: CommandLine) -> None:
    line = shell.refused("worker", "shop:app", "--burst", "--reload", code=2)
    assert "leave one of them out" in line
