"""What must hold when all is over. Each check answers with what is wrong, or with nothing."""

import signal
from collections.abc import Iterator, Sequence

import redis

from giveway.core.keys import QueueKeys
from tests.chaos.app import TIERS
from tests.chaos.faults import Fault
from tests.chaos.ledger import Complaint, Ledger
from tests.chaos.stage import Stage
from tests.chaos.watch import Growth
from tests.chaos.worker import PROCESSES, ChaosWorker
from tests.chaos.workload import Sent

# docs/protocol.md: without a TTL by design, once nothing waits, runs or is dead.
LASTING = {"control", "stats", "workers", "workers:seen", "dead", "done", "done:batches"}
# What a process may have more of at its end. Six threads: the loop of a child that runs coroutines
# has a pool (processors + 4) that grows when it is first needed.
FDS, THREADS, MEMORY_KB = 1, 6, 2_048
_ENDINGS = ("done", "retried", "yielded", "released", "crashed", "recovered")


def lost_or_twice(ledger: Ledger, sent: Sequence[Sent]) -> Iterator[Complaint]:
    """Every id that was accepted is settled, once; and so is what may have been accepted."""
    accepted = {id for one in sent for id in one.accepted}
    for id in accepted - ledger.stories.keys():
        yield Complaint(f"{id} was accepted, and Redis does not know it", id)
    for story in ledger.stories.values():
        if story.settled != 1:
            yield Complaint(f"{story.id} was settled {story.settled} times", story.id)
        elif story.state != "d":
            yield Complaint(f"{story.id} ended as {story.state}, not done", story.id)
    more = len(ledger.stories) - len(accepted)
    unknown = sum(size for one in sent for size in one.unknown)
    if not 0 <= more <= unknown:
        yield Complaint(f"{more} tasks more than were accepted; {unknown} may have been")


def counters(ledger: Ledger, workers: Sequence[ChaosWorker]) -> Iterator[Complaint]:
    """S14 at the end, and each counter against what the history shows."""
    count = ledger.counter
    kills = sum(len(worker.killed_children) for worker in workers)
    hurt = sum(worker.was_killed + worker.stops for worker in workers)
    endings = [claim.ended for story in ledger.stories.values() for claim in story.claims]
    expected = {
        "enqueued": len(ledger.stories),
        "claimed": len(endings),
        "done": len(ledger.stories),
        "retried": endings.count("retry"),
        "failed": endings.count("retry"),
        "crashed": endings.count("crash"),
        "lost": endings.count("lost"),
        "yielded": endings.count("yield"),
        "dead": 0,
        "cancelled": 0,
        "adopted": 0,
    }
    for name, number in expected.items():
        if count(name) != number:
            yield Complaint(f"counter {name} is {count(name)}, not {number}")
    ended = sum(count(name) for name in _ENDINGS)
    if count("claimed") != ended:
        yield Complaint(f"{count('claimed')} claims, but {ended} of them ended")
    if count("crashed") > kills:
        yield Complaint(f"{count('crashed')} crashes charged, {kills} children were killed")
    if count("lost") > hurt * PROCESSES:
        yield Complaint(f"{count('lost')} losses charged, {hurt} workers were killed or stopped")


def keys(client: "redis.Redis", names: QueueKeys) -> Iterator[Complaint]:
    """No key lives for ever that should not; no marker, lease or work is left (S11, S13)."""
    for key in client.scan_iter(match="*", count=1000):
        name = key.decode().removeprefix(names.prefix)
        notice = name in {f"wake:{tier}" for tier in TIERS}
        if name in LASTING or (notice and client.zrange(key, 0, -1) == [b"due"]):
            continue
        if client.ttl(key) == -1:
            yield Complaint(f"key {name} has no TTL and is not on the list")


def processes(workers: Sequence[ChaosWorker], exits: dict[int, int]) -> Iterator[Complaint]:
    """Workers end with 0 when they are told to, and never speak of an error of their own."""
    for worker in workers:
        code = exits.get(worker.number, 0)
        # Told before it had begun to listen it ends by the signal, with nothing in hand.
        if code != 0 and (worker.events("started") or code != -signal.SIGTERM):
            yield Complaint(f"worker {worker.number} ended with {code} after SIGTERM")
        if worker.noise:
            yield Complaint(f"worker {worker.number} said: {' / '.join(worker.noise[-12:])}")
        for event in worker.events("internal_error"):
            yield Complaint(f"worker {worker.number}: {event}", event.get("id", ""))


def growth(grown: Sequence[Growth]) -> Iterator[Complaint]:
    """File descriptors, threads and memory are flat."""
    for one in grown:
        if one.fds > FDS or one.threads > THREADS or one.rss_kb > MEMORY_KB:
            yield Complaint(
                f"{one.who} grew in {one.seconds:.0f} s by {one.fds} file descriptors, "
                f"{one.threads} threads, {one.rss_kb} kB"
            )


def every_fault(happened: dict[Fault, int]) -> Iterator[Complaint]:
    """A run that has not met a fault says nothing about it."""
    for fault in Fault:
        if not happened.get(fault):
            yield Complaint(f"it never happened: {fault.value}")


def clients(stage: Stage) -> Iterator[Complaint]:
    """At rest Redis has no clients but those of processes that live, and not more than they need.

    A child has one connection to claim and one for the rest; a supervisor one; four each are
    generous, and far below what a leak of one per fault would make.
    """
    pids = [pid for place in (0, 1) for pid in stage.standing(place).all()]
    open_now = [str(client["name"]) for client in stage.redis.client_list()]
    ours = [name for name in open_now if name.startswith(f"giveway:{stage.keys.queue}:")]
    if len(ours) > 4 * len(pids):
        yield Complaint(f"{len(ours)} connections of {len(pids)} processes: {sorted(ours)}")
    supervisors = {str(stage.standing(place).pid) for place in (0, 1)}
    for name in ours:
        owner = name.split(":")[2]
        if not any(f".{pid}." in owner for pid in supervisors):
            yield Complaint(f"a connection of nobody who lives: {name}")
