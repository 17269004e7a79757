"""What a worker writes: whose line it is, what became of a task, and never what is in it."""

import os
from pathlib import Path

import pytest
import redis

from giveway import State
from tests.integration.worker import chatty
from tests.integration.worker.chatty import SECRET
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Event, Worker

TARGET = "tests.integration.worker.chatty:app"
BOUND = ("id", "task", "tier", "attempt", "fence")


@pytest.fixture
def chat(shop: Shop) -> Shop:
    """A queue whose tasks write to the log."""
    shop.app.close()
    shop.app = chatty.build(shop.queue, redis_url=shop.url)
    shop.tasks = shop.app.tasks  # type: ignore[attr-defined]
    return shop


def about(line: Event) -> list[object]:
    return [line.get(name) for name in BOUND]


def from_library(one: Worker) -> Event:
    return one.said("library.of.somebody")[0]


def test_every_line_of_a_task_carries_the_task(chat: Shop, worker: StartWorker) -> None:
    one = worker(target=TARGET)
    task = chat.put("says", "hello", tier="high")
    task.result(20)
    lines = {line["message"]: line for line in one.said("shop", count=2)}
    fence = chat.record(task).fence
    assert about(lines["hello"]) == [task.id, "says", "high", 1, fence]
    assert about(lines["from a thread"]) == about(lines["hello"])
    library = one.said("library.of.somebody")[0]
    assert about(library) == about(lines["hello"])
    assert (library["level"], library["queue"]) == ("warning", chat.queue)
    assert library["owner"] == one.event("started")["owner"]
    assert library["pid"] in one.children()


def test_a_thread_without_the_context_speaks_for_nobody(chat: Shop, worker: StartWorker) -> None:
    one = worker(target=TARGET)
    chat.put("says_in_a_bare_thread").result(20)
    (line,) = one.said("shop")
    assert (line["message"], "id" in line) == ("from nowhere", False)


def test_coroutines_on_one_loop_do_not_mix_up_their_lines(chat: Shop, worker: StartWorker) -> None:
    one = worker(target=TARGET, slots=4)
    tasks = {name: chat.put("asays", name) for name in ("anna", "berta", "carla", "doris")}
    for task in tasks.values():
        task.result(20)
    for line in one.said("shop", count=16):
        name = line["message"].split()[0]
        assert line["id"] == tasks[name].id


@pytest.mark.parametrize(("kind", "slots"), [("chats", 1), ("achats", 2)])
def test_an_urgent_task_inside_a_batch_speaks_for_itself(
    chat: Shop, worker: StartWorker, kind: str, slots: int
) -> None:
    one = worker(target=TARGET, slots=slots)
    batch = chat.put(kind, 100_000, "sleep:0.005")
    if slots == 2:  # the other slot is taken, so that the batch has to give way
        chat.held(chat.put("chats", 1, "hold:never"))
    chat.waited("begins", n=3)
    for count, (name, word) in enumerate((("says", "urgent"), ("asays", "coroutine")), start=1):
        urgent = chat.put(name, word, tier="high")
        urgent.result(20)
        resumed = one.event("resumed", count=count)
        gave_way = one.event("gave_way", to_id=urgent.id, to_task=name, mode="inline")
        assert about(gave_way)[:3] == about(resumed)[:3] == [batch.id, kind, "low"]
        lines = [line for line in one.said("shop") if line["message"].startswith(word)]
        assert {line["id"] for line in lines} == {urgent.id}
        assert {line["tier"] for line in lines} == {"high"}
    until(
        lambda: [one for one in one.said("shop") if one["time"] > resumed["time"]],
        what="the batch going on",
    )
    others = [line for line in one.said("shop") if line["message"].startswith("item")]
    assert {line["task"] for line in others} <= {"chats", "achats"}
    assert {line["id"] for line in others if line["task"] == kind} >= {batch.id}
    batch.cancel()
    assert about(one.event("task_cancelled", id=batch.id))[:3] == [batch.id, kind, "low"]


def test_a_failure_is_a_line_and_a_death_one_with_its_traceback(
    chat: Shop, worker: StartWorker
) -> None:
    one = worker(target=TARGET)
    task = chat.put("fails", "x")
    chat.settled(task)
    failed, dead = one.event("task_failed"), one.event("task_dead")
    expected = {"id": task.id, "task": "fails", "error": "ValueError", "message": "not possible"}
    assert failed.items() >= (expected | {"level": "warning", "attempt": 1, "attempts": 2}).items()
    assert 0 <= failed["retry_in_s"] <= 0.02
    assert dead.items() >= (expected | {"level": "error", "attempt": 2, "reason": "failed"}).items()
    assert "in refuses" in dead["traceback"]
    assert len(one.events("task_failed")) == len(one.events("task_dead")) == 1


def test_a_process_that_dies_tells_which_task_took_it_down(chat: Shop, worker: StartWorker) -> None:
    one = worker(target=TARGET)
    batch = chat.put("chats", 2, "kill-once:killed")
    assert batch.result(20) == 2
    crashed = one.event("task_crashed", how="signal SIGKILL")
    assert about(crashed)[:3] == [batch.id, "chats", "low"]
    assert crashed["fence"] < chat.record(batch).fence
    assert one.event("child_ended", how="signal SIGKILL")


def test_a_task_that_is_done_says_nothing_unless_asked(chat: Shop, worker: StartWorker) -> None:
    one = worker(target=TARGET)
    chat.put("counts", 1).result(20)
    assert one.stop() == 0
    assert one.events("task_started") == one.events("task_done") == []


@pytest.mark.parametrize(("task", "slots"), [("counts", 1), ("counts", 2), ("asays", 1)])
def test_who_asks_hears_of_every_task_once(
    chat: Shop, worker: StartWorker, task: str, slots: int
) -> None:
    one = worker(target=TARGET, slots=slots, env={"GIVEWAY_LOG_LEVEL": "DEBUG"})
    handle = chat.put(task, {"counts": 1}.get(task, "x"))
    handle.result(20)
    assert one.stop() == 0
    assert [line["id"] for line in one.events("task_started")] == [handle.id]
    assert [line["id"] for line in one.events("task_done")] == [handle.id]


def test_an_app_with_handlers_of_its_own_keeps_them(
    chat: Shop, worker: StartWorker, tmp_path: Path
) -> None:
    (tmp_path / "own_logging.py").write_text(
        "import logging\n"
        "from tests.integration.worker.chatty import app\n"
        f"logging.basicConfig(filename={str(tmp_path / 'own.log')!r}, level='INFO',\n"
        "    format='%(name)s %(giveway_task)s %(message)s')\n"
    )
    one = worker(
        target="own_logging:app",
        env={"GIVEWAY_LOG": "json", "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"},
    )
    chat.put("says", "hello").result(20)
    assert one.said("shop")[0]["message"] == "hello"
    assert "shop says hello" in (tmp_path / "own.log").read_text().splitlines()
    assert one.stop() == 0
    assert "giveway  stopped" in (tmp_path / "own.log").read_text().splitlines()


# -- what must never be seen ----------------------------------------------------------------------


@pytest.fixture
def with_password(shop: Shop) -> str:
    """A Redis user with a password, and the address that holds it."""
    shop.redis.execute_command(
        "ACL", "SETUSER", f"user-{shop.queue}", "on", f">{SECRET}-pw", "~*", "&*", "+@all"
    )
    host = redis.connection.parse_url(shop.url)
    return (
        f"redis://user-{shop.queue}:{SECRET}-pw@{host['host']}:{host['port']}/{host.get('db', 0)}"
    )


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_argument_result_item_or_password_is_ever_written(
    chat: Shop, worker: StartWorker, with_password: str, style: str
) -> None:
    one = worker(
        target=TARGET,
        url=with_password,
        env={"GIVEWAY_LOG_LEVEL": "DEBUG", "GIVEWAY_LOG": style},
        ready=style == "json",
    )
    chat.put("says", "hello").result(20)  # its result is the secret
    assert chat.settled(chat.put("fails", SECRET)).state is State.DEAD
    chat.put("skips", [SECRET, SECRET]).result(20)
    raw = f'{{"task": "counts", "args": {{"number": "{SECRET}"}}}}'
    unknown = f'{{"task": "nobody", "args": {{"number": "{SECRET}"}}}}'
    chat.redis.rpush(chat.keys.tier("high"), raw, f'{{"{SECRET}": 1}}', unknown)
    wait = until(lambda: chat.snapshot().dead >= 3, what="death of what cannot run")
    assert wait
    chat.redis.execute_command("CLIENT", "KILL", "USER", f"user-{chat.queue}")
    chat.redis.execute_command("ACL", "SETUSER", f"user-{chat.queue}", "resetpass", ">other")
    chat.redis.execute_command("CLIENT", "KILL", "USER", f"user-{chat.queue}")
    until(
        lambda: any("redis_unavailable" in line for line in list(one.raw)),
        what="a worker that is refused",
    )
    one.kill()
    written = "".join(one.raw)
    for name in ("task_failed", "task_dead", "item_skipped", "task_unknown", "redis_unavailable"):
        assert name in written
    assert "hello" in written, "what a task logs itself is its own business"
    assert SECRET not in written
