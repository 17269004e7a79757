"""One client in many threads, event loops and forked processes."""

import subprocess
import sys
import threading

from giveway import Giveway, State

FORK = """
import os, sys, threading
from giveway import Giveway

app = Giveway(sys.argv[1], redis_url=sys.argv[2])

@app.task
def work(n: int) -> int: ...

first = work.enqueue(0)
# Another thread holds the client's lock and a lane while this one forks.
held = threading.Event(); leave = threading.Event()
def hold():
    with app.client._lock, app.client.calls.lanes._lock, app.client.calls.lanes.hold():
        held.set(); leave.wait()
thread = threading.Thread(target=hold); thread.start(); held.wait()

child = os.fork()
if child == 0:
    for n in range(50):
        work.enqueue(n)
    assert first.status().value == "waiting"
    os._exit(0)
leave.set(); thread.join()
for n in range(50):
    work.enqueue(n)
assert os.waitpid(child, 0)[1] == 0
assert first.status().value == "waiting"
app.close()
"""


def test_a_forked_child_has_lanes_and_connections_of_its_own(redis_url: str, queue: str) -> None:
    program = [sys.executable, "-c", FORK, queue, redis_url]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    app = Giveway(queue, redis_url=redis_url)
    snapshot = app.client.store.run(app.client.calls.commands.stats())
    assert sum(tier.depth for tier in snapshot.tiers) == 101
    app.close()


LOOPS = """
import asyncio, sys, warnings
from giveway import Giveway

app = Giveway(sys.argv[1], redis_url=sys.argv[2])

@app.task
async def work(n: int) -> int: ...

async def main():
    handles = await asyncio.gather(*(work.aenqueue(n) for n in range(20)))
    states = await asyncio.gather(*(handle.astatus() for handle in handles))
    assert {state.value for state in states} == {"waiting"}
    await app.aclose()

for _ in range(3):
    asyncio.run(main())
"""


def test_one_app_serves_one_event_loop_after_the_other(redis_url: str, queue: str) -> None:
    program = [sys.executable, "-W", "error", "-c", LOOPS, queue, redis_url]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_many_threads_share_a_client(redis_url: str, queue: str) -> None:
    app = Giveway(queue, redis_url=redis_url)
    task = app.task(name="work")(_work)
    states: list[State] = []

    def call() -> None:
        states.extend(task.enqueue(n).status() for n in range(20))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == [State.WAITING] * 160
    app.close()


def test_a_closed_app_opens_again(redis_url: str, queue: str) -> None:
    app = Giveway(queue, redis_url=redis_url)
    task = app.task(name="work")(_work)
    handle = task.enqueue(1)
    app.close()
    app.close()
    assert handle.status() is State.WAITING
    app.close()


def _work(n: int) -> int:
    return n
