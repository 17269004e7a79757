"""What a producer does between its commands: ids, chunks, lanes."""

import os
import threading

from hypothesis import given
from hypothesis import strategies as st

from giveway import clock
from giveway.client.calls import chunks
from giveway.client.ids import new_id
from giveway.client.lanes import Lanes
from giveway.core.keys import valid_id
from giveway.core.task import NewTask, TaskId


def task(size: int) -> NewTask:
    return NewTask(TaskId("x"), "t", b"x" * size, "low")


@given(st.lists(st.integers(0, 1024 * 1024), max_size=30), st.integers(0, 2500))
def test_chunks_keep_the_order_and_both_limits(sizes: list[int], more: int) -> None:
    tasks = [task(size) for size in sizes] + [task(0)] * more
    found = chunks(tasks)
    assert [one for chunk in found for one in chunk] == tasks
    for chunk in found:
        assert 1 <= len(chunk) <= 1000
        assert sum(len(one.payload) for one in chunk) <= 4 * 1024 * 1024


def test_nothing_makes_no_chunk() -> None:
    assert chunks([]) == []


def test_ids_are_valid_short_and_different() -> None:
    ids = {new_id() for _ in range(10_000)}
    assert len(ids) == 10_000
    assert all(valid_id(id) and len(id) == 24 for id in ids)


def test_ids_sort_by_time() -> None:
    first = new_id()
    start = clock.wall()
    while int(clock.wall() * 1000) == int(start * 1000):
        pass  # until the next millisecond
    assert first < new_id()


def test_a_lane_numbers_its_requests_and_is_used_again() -> None:
    lanes = Lanes()
    with lanes.hold() as lane:
        assert [lane.next().number, lane.next().number] == [1, 2]
        first = lane.requester
    with lanes.hold() as lane:
        assert (lane.requester, lane.next().number) == (first, 3)
    assert valid_id(first)


def test_calls_at_the_same_time_have_lanes_of_their_own() -> None:
    lanes = Lanes()
    together = threading.Barrier(8)
    names: list[str] = []

    def call() -> None:
        with lanes.hold() as lane:
            together.wait()
            names.append(lane.requester)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 8


def test_after_a_fork_no_lane_is_shared_not_even_one_in_use() -> None:
    lanes = Lanes()
    with lanes.hold() as lane:
        before = lane.requester
        lanes.renew()
    with lanes.hold() as lane:
        after = lane.requester
    assert before.split(".")[0] != after.split(".")[0]
    assert os.getpid()
