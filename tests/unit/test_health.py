"""What makes a worker unhealthy, or not ready; and that a stuck event loop cannot hide it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection

import pytest

from giveway.clock import monotonic
from giveway.core.keys import QueueKeys
from giveway.runtime import health as module
from giveway.runtime.crew import Crew
from giveway.runtime.errands import AsyncLane
from giveway.runtime.health import Health
from giveway.runtime.registry import Registry
from giveway.runtime.renewal import Renewal
from giveway.runtime.selfwatch import STUCK_SECONDS, SelfWatch
from giveway.runtime.slotboard import SlotBoard
from giveway.runtime.station import WorkerPlan
from giveway.runtime.tally import TallyBoard
from giveway.runtime.tally_layout import Shape
from giveway.runtime.totals import Totals
from giveway.store.commands import Commands
from giveway.store.connect import aconnect
from giveway.telemetry.exposition import Exposition
from giveway.telemetry.listener import Listener
from giveway.telemetry.probes import Probes
from tests.integration.worker.scrape import free_port
from tests.integration.worker.waiting import until


class Worker:
    """The parts that health is about, without children and without Redis."""

    def __init__(self) -> None:
        plan = WorkerPlan(owner="me", tiers=("high",), lease_us=30_000_000)
        board = TallyBoard(Shape(plan.tiers, ()), processes=1)
        self.crew = Crew(plan, Registry(), SlotBoard(processes=1, slots=1))
        totals = Totals(board)
        self.leaving = False
        self.watch = SelfWatch(self.crew, board, totals, leaving=lambda: self.leaving)
        self.renewal = Renewal(
            self.crew,
            Commands(QueueKeys("q")),
            AsyncLane(aconnect("redis://127.0.0.1:1/0", name="test"), "me"),
            totals,
            configure=_nothing,
        )
        self.health = Health(self.renewal, self.watch, leaving=lambda: self.leaving)


async def _nothing() -> None:
    """Nobody configures anything here."""


Call = Callable[[Callable[[], object]], None]


@pytest.fixture
def on_loop() -> Iterator[Call]:
    """A loop in a thread of its own, to be kept busy."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield lambda do: void(loop.call_soon_threadsafe(do))
    loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def void(_: object) -> None:
    """Drops an answer."""


def _get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_an_event_loop_that_hangs_is_reported_while_it_hangs_and_forgiven_afterwards(
    on_loop: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOP_SECONDS", 0.5)
    worker, gate, port = Worker(), threading.Event(), free_port()
    probes = Probes(Exposition(list), worker.health.not_healthy, worker.health.not_ready)
    listener = Listener(probes.respond, port=port)
    listener.start()
    on_loop(lambda: asyncio.ensure_future(worker.watch.run()))
    assert _get(port, "/healthz") == (200, "ok\n")
    on_loop(lambda: gate.wait(20))
    until(lambda: _get(port, "/healthz")[0] == 503, what="the report")
    assert "event loop has not run for" in _get(port, "/healthz")[1]
    gate.set()
    until(lambda: _get(port, "/healthz")[0] == 200, what="forgiveness")
    listener.stop()


def test_a_worker_is_ready_once_redis_has_answered_and_while_it_does() -> None:
    worker = Worker()
    assert worker.health.not_ready() == ["Redis has not answered yet"]
    worker.renewal.answered = monotonic()
    assert worker.health.not_ready() == []
    worker.renewal.answered = monotonic() - 2 * worker.renewal.period - 4
    assert worker.health.not_ready() == []
    worker.renewal.answered = monotonic() - 2 * worker.renewal.period - 6
    (reason,) = worker.health.not_ready()
    assert reason.startswith("Redis has not answered for 1")
    assert worker.health.not_healthy() == []


def test_a_worker_that_was_asked_to_leave_is_not_ready_but_healthy() -> None:
    worker = Worker()
    worker.renewal.answered = monotonic()
    worker.leaving = True
    assert worker.health.not_ready() == ["the worker was asked to leave"]
    assert worker.health.not_healthy() == []


def test_a_claim_loop_that_does_not_get_on_is_named(
    on_loop: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker()
    worker.crew.enlist().pid = 2**22 + 1  # no such process: nothing is done to it
    on_loop(lambda: asyncio.ensure_future(worker.watch.run()))
    until(lambda: list(worker.watch.silences()), what="a first look")
    assert worker.health.not_healthy() == []
    monkeypatch.setattr(module, "STUCK_SECONDS", STUCK_SECONDS / 40)
    reasons = until(worker.health.not_healthy, what="the report")
    assert reasons[0].startswith("the claim loop of child 0 (pid 4194305) has not got on")
