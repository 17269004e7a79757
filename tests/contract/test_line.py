"""The claim line: wait and claim in one write, on a connection of its own."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from giveway.core.task import Request
from giveway.errors import StoreUnavailable
from giveway.store.connect import endpoint_of
from giveway.store.wait import ClaimLine, LineClosed
from tests.contract.desk import TIERS, Desk
from tests.proxy import Proxy

BLOCK_SECONDS = 20.0  # longer than any of these tests takes: a wait that ends was woken


@pytest.fixture
def line(desk: Desk) -> Iterator[ClaimLine]:
    name = f"giveway:{desk.keys.queue}:pod-1:line"
    line = ClaimLine(endpoint_of(_url(desk), name=name))
    yield line
    line.close()


def _url(desk: Desk) -> str:
    host, port = desk.store.endpoint.address.nodes[0]
    return f"redis://{host}:{port}/0"


def wake_keys(desk: Desk) -> list[str]:
    return [desk.keys.wake(tier) for tier in TIERS]


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        os.sched_yield()


def blocked(desk: Desk, suffix: str = ":line") -> list[Any]:
    """The server's view of who waits."""
    name = f"giveway:{desk.keys.queue}:pod-1{suffix}"
    clients = desk.client.client_list()
    return [c for c in clients if c["name"] == name and "b" in c["flags"]]


class Waiting:
    """A claim in a thread of its own."""

    def __init__(self, line: ClaimLine, desk: Desk, requester: str = "loop") -> None:
        self.command = desk.claim_command(1, requester=requester)
        self.outcome: Any = None
        self._thread = threading.Thread(target=self._claim, args=(line, wake_keys(desk)))
        self._thread.start()

    def _claim(self, line: ClaimLine, keys: list[str]) -> None:
        try:
            self.outcome = line.claim(self.command, wake_keys=keys, block_seconds=BLOCK_SECONDS)
        except StoreUnavailable as error:
            self.outcome = error

    def result(self) -> Any:
        self._thread.join(10)
        assert not self._thread.is_alive()
        return self.outcome


def test_a_claim_without_a_wait_answers_at_once(desk: Desk, line: ClaimLine) -> None:
    command = desk.claim_command(1)
    assert line.claim(command, wake_keys=wake_keys(desk), block_seconds=0).claimed == ()


def test_an_idle_loop_is_woken_by_an_enqueue_and_has_the_task(desk: Desk, line: ClaimLine) -> None:
    waiting = Waiting(line, desk)
    until(lambda: blocked(desk))
    desk.enqueue("a", tier="normal")
    assert [c.id for c in waiting.result().claimed] == ["a"]
    assert desk.markers("normal") == []


def test_a_wait_ends_by_itself_and_claims_all_the_same(desk: Desk, line: ClaimLine) -> None:
    desk.client.rpush(desk.keys.tier("low"), b'{"task":"pushed without a marker"}')
    command = desk.claim_command(1)
    reply = line.claim(command, wake_keys=wake_keys(desk), block_seconds=0.05)
    assert reply.claimed[0].payload == b'{"task":"pushed without a marker"}'


def test_work_for_two_wakes_two_loops_and_not_one_twice(desk: Desk) -> None:
    """A third may be woken in vain: the first claim arms what the second has not taken yet."""
    name = f"giveway:{desk.keys.queue}:pod-1:line"
    lines = [ClaimLine(endpoint_of(_url(desk), name=name)) for _ in range(3)]
    waiting = []
    for number, line in enumerate(lines):
        waiting.append(Waiting(line, desk, f"loop-{number}"))
        until(lambda number=number: len(blocked(desk)) == number + 1)  # type: ignore[misc]
    desk.enqueue("a", "b")
    until(lambda: sum(len(getattr(one.outcome, "claimed", ())) for one in waiting) == 2)
    for line in lines:
        line.close()
    claimed = [getattr(one.result(), "claimed", ()) for one in waiting]
    assert sorted(len(tasks) for tasks in claimed) == [0, 1, 1]


def test_a_new_earliest_due_time_wakes_a_loop_which_learns_of_it(
    desk: Desk, line: ClaimLine
) -> None:
    waiting = Waiting(line, desk)
    until(lambda: blocked(desk))
    desk.enqueue("later", delay_us=5_000_000)
    reply = waiting.result()
    assert reply.claimed == ()
    assert 0 < reply.next_due_us <= 5_000_000


def test_a_flushed_script_is_taught_again_behind_the_wait(desk: Desk, line: ClaimLine) -> None:
    waiting = Waiting(line, desk)
    until(lambda: blocked(desk))
    desk.client.script_flush()
    desk.enqueue("a")
    assert [c.id for c in waiting.result().claimed] == ["a"]


def test_closing_ends_a_wait_at_once_and_for_good(desk: Desk, line: ClaimLine) -> None:
    waiting = Waiting(line, desk)
    until(lambda: blocked(desk))
    line.close()
    assert isinstance(waiting.result(), LineClosed)
    with pytest.raises(LineClosed):
        line.claim(desk.claim_command(1), wake_keys=[], block_seconds=0)


def test_a_signal_handler_may_close_the_line_it_interrupts(desk: Desk, line: ClaimLine) -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: line.close())
    try:
        main = threading.main_thread().ident
        assert main is not None

        def interrupt() -> None:
            until(lambda: blocked(desk))
            signal.pthread_kill(main, signal.SIGUSR1)

        threading.Thread(target=interrupt).start()
        with pytest.raises(LineClosed):
            line.claim(
                desk.claim_command(1), wake_keys=wake_keys(desk), block_seconds=BLOCK_SECONDS
            )
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_killed_connection_loses_a_wake_up_and_no_task(desk: Desk, line: ClaimLine) -> None:
    waiting = Waiting(line, desk)
    until(lambda: blocked(desk))
    desk.client.client_kill_filter(_id=blocked(desk)[0]["id"])
    assert isinstance(waiting.result(), StoreUnavailable)
    desk.enqueue("a")
    reply = line.claim(waiting.command, wake_keys=wake_keys(desk), block_seconds=0)
    assert [c.id for c in reply.claimed] == ["a"]


def test_a_lost_reply_is_asked_for_again_and_the_task_is_the_same(desk: Desk) -> None:
    host, port = desk.store.endpoint.address.nodes[0]
    desk.enqueue("a")
    with Proxy(host, port) as proxy:
        line = ClaimLine(endpoint_of(proxy.url, name="giveway:q:pod-1:line"))
        lost = proxy.lose_reply(lambda words: words[0] == b"EVALSHA")
        command = desk.claim_command(1, requester="loop")
        desk.run(desk.commands.stats())
        with pytest.raises(StoreUnavailable):
            line.claim(command, wake_keys=wake_keys(desk), block_seconds=0)
        assert lost.happened.is_set()
        proxy.heal()
        reply = line.claim(command, wake_keys=wake_keys(desk), block_seconds=0)
        line.close()
    assert [c.id for c in reply.claimed] == ["a"]
    assert desk.whole()["lease:low"] == ["a"]


def test_a_wake_key_of_a_wrong_type_does_not_stop_the_claims(desk: Desk, line: ClaimLine) -> None:
    desk.client.set(desk.keys.wake("high"), "mine")
    desk.enqueue("a")
    command = desk.claim_command(1)
    reply = line.claim(command, wake_keys=wake_keys(desk), block_seconds=0.05)
    assert [c.id for c in reply.claimed] == ["a"]


def test_a_line_after_a_fork_is_a_new_connection(desk: Desk, line: ClaimLine) -> None:
    line.claim(desk.claim_command(1), wake_keys=[], block_seconds=0)
    child = os.fork()
    if child == 0:
        command = desk.commands.settle_claim(Request("child", 1), owner="o", lease_us=1)
        try:
            line.claim(command, wake_keys=[], block_seconds=0)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert desk.client.hget(desk.keys.request("child"), "seq") == b"1"
    line.claim(desk.claim_command(1), wake_keys=[], block_seconds=0)


def test_the_lines_connection_is_known_by_name(desk: Desk, line: ClaimLine) -> None:
    line.claim(desk.claim_command(1), wake_keys=[], block_seconds=0)
    names = [client["name"] for client in desk.client.client_list()]
    assert f"giveway:{desk.keys.queue}:pod-1:line" in names
