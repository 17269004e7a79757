"""What breaks and when: an endless list of steps, drawn from the seed. Pure.

Every kind comes once before any comes again, so that a short run has met all of them. A fault that
lasts is two steps, its beginning and its end (`undo`), and others may fall in between: a worker is
stopped while Redis is killed, Redis is paused while a child is killed. Only faults that Redis has
to be there for keep away from its absence.

The first worker is the *veteran*: its supervisor and its first child meet everything that happens
to Redis and the network, but are never killed, so that whoever leaks has time to show it.
"""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

LEASE_SECONDS = 4.0


class Fault(StrEnum):
    KILL_CHILD = "kill -9 of a child"
    KILL_WORKER = "kill -9 of a whole worker"
    STOP_WORKER = "SIGSTOP of a worker beyond the lease"
    STOP_SUPERVISOR = "SIGSTOP of a supervisor beyond the lease"
    STOP_CHILD = "SIGSTOP of a child, renewed by its supervisor"
    REPLACE_WORKER = "SIGTERM of a worker, and its replacement"
    KILL_CLIENTS = "a storm of CLIENT KILL"
    PAUSE_CLIENTS = "CLIENT PAUSE"
    KILL_REDIS = "kill -9 of Redis and its restart"
    REDIS_AWAY = "Redis away for longer than the lease"
    FLUSH_SCRIPTS = "SCRIPT FLUSH"
    LOSE_REPLIES = "replies dropped by a proxy"
    DELAY = "replies delayed by a proxy"
    CUT = "connections cut by a proxy"
    FREEZE = "connections that fall silent"


_ABSENT = (Fault.KILL_REDIS, Fault.REDIS_AWAY)
_NEEDS_REDIS = (
    *(Fault.KILL_CLIENTS, Fault.PAUSE_CLIENTS, Fault.FLUSH_SCRIPTS, Fault.CUT),
    *_ABSENT,
)
# Seconds from its beginning to its end, for what lasts.
_LASTS = {
    Fault.STOP_WORKER: (LEASE_SECONDS + 1.0, LEASE_SECONDS + 2.5),
    Fault.STOP_SUPERVISOR: (LEASE_SECONDS + 0.5, LEASE_SECONDS + 2.0),
    Fault.STOP_CHILD: (0.5, LEASE_SECONDS + 1.5),
    Fault.KILL_REDIS: (0.05, 1.5),
    Fault.REDIS_AWAY: (LEASE_SECONDS + 0.5, LEASE_SECONDS + 2.0),
    Fault.DELAY: (1.0, 3.0),
    Fault.FREEZE: (0.5, 2.0),
}


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """`draw`, from 0 to 1, decides what is left to decide when it happens."""

    at: float
    number: int  # of its fault: beginning and end have the same
    fault: Fault
    undo: bool
    worker: int
    draw: float


def steps(seed: int, *, pause: float) -> Iterator[Step]:
    """From second 0 of a run on, a fault every `pause` seconds on average."""
    chance = random.Random(f"{seed}-faults")
    ends: list[Step] = []
    at, redis_back, number = 0.0, 0.0, 0
    bag: list[Fault] = []
    while True:
        at += pause * chance.uniform(0.3, 1.7)
        bag = bag or chance.sample(list(Fault), len(Fault))
        fault = bag.pop()
        if fault in _NEEDS_REDIS:
            at = max(at, redis_back + 0.5)
        shortest, longest = _LASTS.get(fault, (0.0, 0.0))
        lasts, number = chance.uniform(shortest, longest), number + 1
        worker, draw = chance.randint(0, 1), chance.random()
        while ends and ends[0].at <= at:
            yield heapq.heappop(ends)
        yield Step(at, number, fault, False, worker, draw)
        if lasts:
            heapq.heappush(ends, Step(at + lasts, number, fault, True, worker, draw))
        if fault in _ABSENT:
            redis_back = at + lasts
