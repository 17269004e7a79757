"""A worker that was idle meanwhile runs its next task as if nothing had happened to PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

import pytest

from giveway import State, TaskFailed
from tests.faults.resources.conftest import Enqueue, StartWorker
from tests.faults.resources.postgres import Postgres
from tests.integration.worker.journal import Journal
from tests.integration.worker.waiting import until

Fault = Callable[[Postgres], None]


def cut(postgres: Postgres) -> None:
    """It idles for longer than the server allows."""
    until(lambda: postgres.sessions() == 0, what="the end of the idle sessions")


def restart(postgres: Postgres) -> None:
    postgres.restart()


def kill(postgres: Postgres) -> None:
    postgres.kill()
    postgres.start()


@pytest.fixture(params=[cut, restart, kill])
def fault(request: pytest.FixtureRequest, postgres: Postgres) -> Fault:
    befalls: Fault = request.param
    # Short for what cuts, but not so short that a session ends between two tasks of a test.
    postgres.set("idle_session_timeout", "500ms" if befalls is cut else "0")
    return befalls


GUARDED = [("guarded", 1), ("guarded", 3), ("aguarded", 1), ("aguarded", 3), ("engined", 2)]


@pytest.mark.parametrize(("task", "slots"), GUARDED)
def test_the_next_task_notices_nothing(
    task: str,
    slots: int,
    fault: Fault,
    postgres: Postgres,
    enqueue: Enqueue,
    worker: StartWorker,
) -> None:
    worker(slots=slots)
    before = enqueue(task).result(timeout=20)
    fault(postgres)
    tasks = [enqueue(task) for _ in range(2 * slots)]
    after = {one.result(timeout=20) for one in tasks}  # raises if one of them has failed
    assert before not in after, "the connection from before is still in use: nothing befell it"
    assert len(after) <= slots


def test_without_a_check_the_next_task_fails(
    fault: Fault, postgres: Postgres, enqueue: Enqueue, worker: StartWorker
) -> None:
    """What the tests above would look like if resources did not do what they promise."""
    worker()
    enqueue("unguarded").result(timeout=20)
    fault(postgres)
    with pytest.raises(TaskFailed, match=r"connection|server"):
        enqueue("unguarded").result(timeout=20)
    enqueue("unguarded").result(timeout=20)  # after an error it is replaced in any case


def test_one_that_is_not_lent_for_longer_than_the_server_allows_needs_no_check(
    postgres: Postgres, enqueue: Enqueue, worker: StartWorker
) -> None:
    postgres.set("idle_session_timeout", "500ms")
    worker()
    before = enqueue("timed").result(timeout=20)
    cut(postgres)
    assert enqueue("timed").result(timeout=20) != before


def test_while_it_is_away_tasks_fail_with_its_reason_and_succeed_when_it_is_back(
    postgres: Postgres, enqueue: Enqueue, worker: StartWorker
) -> None:
    one = worker()
    enqueue("guarded").result(timeout=20)
    postgres.stop()
    patient = enqueue("patient")
    with pytest.raises(
        TaskFailed, match=r"ResourceError: the resource .*app.connect cannot be made"
    ):
        enqueue("guarded").result(timeout=20)
    one.event("task_failed", task="patient")
    postgres.start()
    assert patient.result(timeout=20)


def test_what_a_failed_task_has_begun_is_rolled_back_and_its_connection_goes_on(
    postgres: Postgres, enqueue: Enqueue, worker: StartWorker
) -> None:
    postgres.set("idle_session_timeout", "0")
    postgres.ask("create table if not exists rows (n int)")
    postgres.ask("truncate rows")
    worker()
    before = enqueue("guarded").result(timeout=20)
    with pytest.raises(TaskFailed, match="halfway"):
        enqueue("fails_halfway", 1).result(timeout=20)
    assert postgres.ask("select count(*) from rows") == 0
    assert (
        postgres.ask("select count(*) from pg_stat_activity where state like 'idle in trans%'") == 0
    )
    assert enqueue("guarded").result(timeout=20) == before


def test_an_urgent_task_inside_a_batch_has_another_connection_and_sees_no_open_transaction(
    postgres: Postgres, enqueue: Enqueue, worker: StartWorker, tmp_path: Path, gate: Path
) -> None:
    postgres.set("idle_session_timeout", "0")
    postgres.ask("create table if not exists rows (n int)")
    postgres.ask("truncate rows")
    one = worker(slots=1)
    batch = enqueue("writes", list(range(8)))
    until(lambda: Journal(tmp_path).lines("holds", id=batch.id), what="the batch at its gate")
    urgent = enqueue("looks")
    gate.touch()
    pid, rows = urgent.result(timeout=20)
    one.event("gave_way", id=batch.id, to_id=urgent.id, mode="inline")
    (own,) = batch.result(timeout=20)
    assert pid != own
    assert rows == 0, "it has read what the batch has not committed"
    assert batch.status() is State.DONE
    assert postgres.ask("select count(*) from rows") == 8


def test_a_worker_that_stops_says_goodbye(
    postgres: Postgres, enqueue: Enqueue, worker: StartWorker
) -> None:
    postgres.set("idle_session_timeout", "0")
    postgres.set("log_min_messages", "debug1")  # it tells of clients that just vanish
    one = worker(slots=2)
    for task in ("guarded", "aguarded", "engined"):
        enqueue(task).result(timeout=20)
    assert postgres.sessions() == 3
    assert one.stop() == 0
    until(lambda: postgres.sessions() == 0, what="the end of a stopped worker's sessions")
    postgres.set("log_min_messages", "warning")
    assert "unexpected EOF" not in postgres.log()
