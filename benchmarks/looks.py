"""What a look at all queues of one Redis costs the operator, and how soon it hears the bell.

    python -m benchmarks.looks [--queues 1000] [--busy 50] [--workers 10]

CPU time of this process for one look (the operator takes one every two seconds), the best and the
median of several; then the time from a push into an empty queue until its bell was heard.
"""

import argparse
import asyncio
import json
import resource
import time
from collections.abc import Sequence

from giveway.core.keys import QueueKeys
from giveway.core.task import NewTask, Request, TaskId
from giveway.store.commands import Commands
from giveway.store.connect import connect
from giveway.store.execute import Store
from giveway.testing import embedded_server
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueKey
from giveway_operator.observe.bells import Bells
from giveway_operator.observe.outlook import Outlook

TIERS = ("high", "normal", "low")
LOOKS, RINGS = 15, 50
WORK = [
    {"p": 0, "s": slot, "id": f"0198f2c3d4e5f6{slot}", "task": "build_one", "tier": "low"}
    | {"state": "running", "for_ms": 123, "batch": True, "saved_ms": 3}
    for slot in range(8)
]
ABOUT = {"host": "h", "pod": "web-1", "processes": 2, "slots": 4, "started": 1, "running": 8}


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def fill(store: Store, queues: Sequence[str], *, busy: int, workers: int) -> None:
    """Every queue configured; the first `busy` of them with tasks and workers."""
    about = json.dumps(ABOUT | {"work": WORK}).encode()
    for number, queue in enumerate(queues):
        commands = Commands(QueueKeys(queue))
        request = Request("bench", 1)
        store.run(commands.configure_tiers(request, tiers=TIERS, role="operator"))
        if number >= busy:
            continue
        new = [NewTask(TaskId(f"t{n}"), "work", b"{}", "low") for n in range(30)]
        store.run(commands.enqueue(Request("bench", 2), new))
        for worker in range(workers):
            owner = f"web-{worker}"
            renewal = commands.renew(
                Request(owner, 1), owner=owner, lease_us=30_000_000, held=[], worker=about
            )
            store.run(renewal)


async def looks(endpoints: Endpoints, queues: Sequence[WatchedQueue]) -> list[float]:
    """Seconds of CPU, each."""
    outlook, used = Outlook(endpoints.store(queues[0].source)), []
    await outlook.look(queues)
    await outlook.look(queues)
    for _ in range(LOOKS):
        began = cpu_seconds()
        seen = await outlook.look(queues)
        used.append(cpu_seconds() - began)
        assert len(seen) == len(queues)
    await outlook.aclose()
    return sorted(used)


async def rings(endpoints: Endpoints, queues: Sequence[WatchedQueue], store: Store) -> list[float]:
    """Seconds from before the push until the bell, each for another queue."""
    rang, took = asyncio.Event(), []
    bells = Bells(endpoints, rang=lambda _: rang.set())
    bells.follow(queues)
    while not bells.listening:  # noqa: ASYNC110 -- it has no signal, and this is no test
        await asyncio.sleep(0.01)
    for queue in queues[-RINGS:]:
        rang.clear()
        new = [NewTask(TaskId("ring"), "work", b"{}", "high")]
        command = Commands(QueueKeys(queue.queue)).enqueue(Request("ring", 1), new)
        began = time.monotonic()
        await asyncio.to_thread(store.run, command)
        await rang.wait()
        took.append(time.monotonic() - began)
    await bells.aclose()
    return sorted(took)


async def measure(url: str, *, count: int, busy: int, workers: int) -> None:
    names = [f"q{number}" for number in range(count)]
    queues = [WatchedQueue(QueueKey("bench", name), name, Source(url)) for name in names]
    store, endpoints = connect(url, name="giveway:bench"), Endpoints(name="bench")
    fill(store, names, busy=busy, workers=workers)
    used = await looks(endpoints, queues)
    took = await rings(endpoints, queues, store)
    print(f"{count} queues, {busy} of them with {workers} workers")
    print(
        f"CPU of a look   best {used[0] * 1e3:.0f} ms, median {used[len(used) // 2] * 1e3:.0f} ms"
    )
    print(f"bell heard in   {took[len(took) // 2] * 1e3:.1f} ms, at most {took[-1] * 1e3:.1f} ms")
    await endpoints.aclose()
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--queues", type=int, default=1000)
    parser.add_argument("--busy", type=int, default=50)
    parser.add_argument("--workers", type=int, default=10)
    chosen = parser.parse_args()
    with embedded_server() as server:
        asyncio.run(
            measure(server.url, count=chosen.queues, busy=chosen.busy, workers=chosen.workers)
        )


if __name__ == "__main__":
    main()
