"""A trace goes from the producer into the task: real SDK, real worker, spans read from a file."""

import json
import os
import signal
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from giveway.core.task import TaskId
from tests.integration.worker import chatty
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop

SPANS = "spans.jsonl"  # as in traced.py
TARGET = "tests.integration.worker.traced:app"
Span = dict[str, Any]
producer = TracerProvider().get_tracer("producer")


@pytest.fixture
def chat(shop: Shop) -> Shop:
    shop.app.close()
    shop.app = chatty.build(shop.queue, redis_url=shop.url)
    shop.tasks = shop.app.tasks  # type: ignore[attr-defined]
    return shop


def spans(shop: Shop) -> list[Span]:
    return [json.loads(line) for line in (shop.folder / SPANS).read_text().splitlines()]


def ids(span: trace.Span) -> tuple[str, str]:
    context = span.get_span_context()
    return f"0x{context.trace_id:032x}", f"0x{context.span_id:016x}"


def test_a_task_is_a_span_below_that_of_its_producer(chat: Shop, worker: StartWorker) -> None:
    one = worker(target=TARGET)
    with producer.start_as_current_span("click") as click:
        task = chat.put("counts", 1, tier="high")
    task.result(20)
    assert one.stop() == 0, "and what the SDK has kept so far is written"
    (span,) = spans(chat)
    assert (span["context"]["trace_id"], span["parent_id"]) == ids(click)
    assert (span["name"], span["kind"]) == ("counts", "SpanKind.CONSUMER")
    assert span["status"]["status_code"] == "UNSET"
    found = span["attributes"]
    assert found["messaging.destination.name"] == chat.queue
    assert found["messaging.message.id"] == task.id
    assert (found["giveway.tier"], found["giveway.attempt"]) == ("high", 1)
    assert found["giveway.fence"] == chat.record(task).fence
    assert found["messaging.client.id"] == one.event("started")["owner"]


def test_the_code_of_a_task_is_inside_its_span(chat: Shop, worker: StartWorker) -> None:
    """Also in threads with the context, and what the task enqueues carries the trace on."""
    one = worker(target=TARGET)
    with producer.start_as_current_span("click") as click:
        sync, coroutine = chat.put("traces", "counts"), chat.put("atraces", "counts")
    inner = [TaskId(handle.result(20)) for handle in (sync, coroutine)]
    for id in inner:
        chat.settled(id)
    assert one.stop() == 0
    by_id = {span["attributes"].get("messaging.message.id"): span for span in spans(chat)}
    for outer, id in zip((sync, coroutine), inner, strict=True):
        assert by_id[id]["parent_id"] == by_id[outer.id]["context"]["span_id"]
        assert by_id[id]["context"]["trace_id"] == ids(click)[0]


def test_every_run_of_a_failing_task_is_a_span_of_the_same_trace(
    chat: Shop, worker: StartWorker
) -> None:
    one = worker(target=TARGET)
    with producer.start_as_current_span("click") as click:
        task = chat.put("fails", "x")
    chat.settled(task)
    assert one.stop() == 0
    first, second = spans(chat)
    for attempt, span in enumerate((first, second), start=1):
        assert (span["context"]["trace_id"], span["parent_id"]) == ids(click)
        assert span["attributes"]["giveway.attempt"] == attempt
        assert span["status"] == {"status_code": "ERROR", "description": "ValueError"}
        (exception,) = span["events"]
        assert exception["attributes"]["exception.type"] == "ValueError"


def test_an_urgent_task_inside_a_batch_has_its_own_trace(chat: Shop, worker: StartWorker) -> None:
    one = worker(target=TARGET)
    with producer.start_as_current_span("night") as night:
        batch = chat.put("chats", 100_000, "sleep:0.005")
    chat.waited("begins", n=3)
    with producer.start_as_current_span("click") as click:
        urgent = chat.put("traces", "counts", tier="high")
    urgent.result(20)
    one.event("resumed", id=batch.id)
    assert one.stop() == 0
    by_name = {span["name"]: span for span in spans(chat)}
    assert by_name["traces"]["context"]["trace_id"] == ids(click)[0] != ids(night)[0]
    assert by_name["chats"]["context"]["trace_id"] == ids(night)[0]
    assert by_name["chats"]["attributes"]["giveway.interrupted_by"] == "GiveWay"
    assert by_name["chats"]["status"]["status_code"] == "UNSET", "giving way is no failure"


def test_a_batch_that_goes_on_elsewhere_stays_in_its_trace(chat: Shop, worker: StartWorker) -> None:
    first = worker(target=TARGET)
    with producer.start_as_current_span("night") as night:
        batch = chat.put("chats", 30, "sleep:0.02")
    chat.waited("begins", n=3)
    assert first.stop() == 0
    second = worker(target=TARGET)
    assert batch.result(20) == 30
    assert second.stop() == 0
    assert len(spans(chat)) == 2
    for span in spans(chat):
        assert (span["context"]["trace_id"], span["parent_id"]) == ids(night)
    assert len({span["attributes"]["messaging.client.id"] for span in spans(chat)}) == 2


def test_a_task_of_nobodys_trace_begins_one(chat: Shop, worker: StartWorker) -> None:
    one = worker(target=TARGET)
    chat.put("counts", 1).result(20)
    assert one.stop() == 0
    (span,) = spans(chat)
    assert span["parent_id"] is None


def test_children_export_after_the_fork_and_after_a_sibling_was_killed(
    chat: Shop, worker: StartWorker
) -> None:
    one = worker(target=TARGET, processes=2)
    victim = one.children()[0]
    os.kill(victim, signal.SIGKILL)
    one.event("child_ended")
    tasks = [chat.put("chats", 3, "sleep:0.01") for _ in range(4)]
    for task in tasks:
        task.result(20)
    assert one.stop() == 0
    assert {span["attributes"]["messaging.message.id"] for span in spans(chat)} == {
        task.id for task in tasks
    }


def test_without_a_span_nothing_is_stored(chat: Shop) -> None:
    plain = chat.put("counts", 1)
    with producer.start_as_current_span("click"):
        traced = chat.put("counts", 1)
    assert b"trace" not in chat.redis.hgetall(chat.keys.task(plain.id))
    stored = chat.redis.hget(chat.keys.task(traced.id), "trace")
    assert isinstance(stored, bytes)
    assert stored.startswith(b"00-")
    assert len(stored) == 55
