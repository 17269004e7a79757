"""A worker that is asked to drain: it finishes, gives back, and stays up idle until it is ended."""

from typing import Any

from giveway import State
from giveway.core.task import Request
from giveway.store import reads
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.scrape import Port, free_port
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker


def owner(one: Worker) -> str:
    return str(one.event("started")["owner"])


def ask(shop: Shop, incarnation: str, *, drain: bool) -> None:
    request = Request(f"asker.{incarnation}.{drain}", 1)
    shop.store.run(shop.commands.drain(request, [incarnation], drain))


def heartbeat(shop: Shop, incarnation: str) -> dict[str, Any]:
    found = shop.store.run(reads.workers(shop.keys))
    (about,) = [record.about for record in found if record.incarnation == incarnation]
    return about


def seen_us(shop: Shop) -> int:
    """When the only worker was heard of last."""
    (record,) = shop.store.run(reads.workers(shop.keys))
    return record.seen_at_us


def test_what_runs_is_finished_batches_go_back_and_nothing_is_taken_any_more(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=2, lease=6)
    name = owner(one)
    plain, batch = shop.put("step", "hold:gate"), shop.put("items", 1000, "sleep:0.02")
    shop.held(plain)
    shop.waited("item", id=batch.id)
    ask(shop, name, drain=True)
    one.event("draining")
    until(lambda: shop.record(batch).state is State.WAITING, what="the batch is back in its tier")
    done = shop.record(batch).done
    assert 0 < done < 1000
    assert (shop.record(batch).yields, shop.record(batch).attempts) == (1, 0)
    shop.open("gate")
    assert plain.result(20) == 0, "a task may take its time"
    until(lambda: not one.children(), what="the end of its children")
    until(lambda: heartbeat(shop, name).get("draining") is True, what="its heartbeat says so")
    assert heartbeat(shop, name)["work"] == []
    waiting = shop.put("step", tier="high")
    since = seen_us(shop)
    until(lambda: seen_us(shop) > since + 2_500_000, what="more than two heartbeats")
    assert heartbeat(shop, name)["children"] == []
    assert shop.record(waiting).state is State.WAITING
    assert shop.record(batch).done == done
    assert one.stop() == 0


def test_a_drain_that_is_taken_back_has_it_work_again(shop: Shop, worker: StartWorker) -> None:
    one = worker(processes=2)
    name = owner(one)
    ask(shop, name, drain=True)
    one.event("draining")
    until(lambda: not one.children(), what="the end of its children")
    task = shop.put("step", value=7)
    ask(shop, name, drain=False)
    one.event("drain_taken_back")
    assert task.result(20) == 7
    until(lambda: len(one.children()) == 2, what="as many children as before")
    assert one.events("child_ended") == []
    assert one.stop() == 0


def test_taken_back_while_a_task_still_runs_its_child_is_replaced_when_it_has_ended(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=2)
    name = owner(one)
    plain = shop.put("step", "hold:gate")
    shop.held(plain)
    ask(shop, name, drain=True)
    until(lambda: len(one.children()) == 1, what="only the busy child is left")
    ask(shop, name, drain=False)
    until(lambda: len(one.children()) == 2, what="one has come in the idle one's place")
    shop.open("gate")
    assert plain.result(20) == 0
    tasks = [shop.put("step", "sleep:0.1", value=n) for n in range(4)]
    assert [task.result(20) for task in tasks] == [0, 1, 2, 3]
    assert len(one.children()) == 2
    assert one.stop() == 0


def test_a_drained_worker_is_healthy_and_not_ready(shop: Shop, worker: StartWorker) -> None:
    port = Port(free_port())
    one = worker(env=port.env)
    ask(shop, owner(one), drain=True)
    one.event("draining")
    assert port.status("/healthz") == 200
    assert port.get("/readyz") == (503, "the worker was asked to leave\n")
    assert one.stop() == 0
