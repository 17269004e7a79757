"""Says in one line whether the platform is well, and if not, what is wrong and where to look.

The rules, the worst first; every rule that applies finds something, the first is the headline:

Broken: somebody has to act.
 1. Redis cannot be reached, or has not answered for a while.
 2. A key holds a value of a wrong type, so that its tier is left out.
 3. Tasks wait and there is no worker at all.
 4. A tier waits for more than 5 s and no worker serves it.
 5. Tasks wait, slots that serve them are free, and nothing has been claimed for 15 s.
 6. Workers have been silent for more than 10 s.
 7. Redis is at least 90 % full: soon new work is refused.
 8. A tier has as much work as it may have: new work is refused.
 9. Tasks have died in the last minute.

Not well: somebody should know.
10. A tier that is not the least urgent waits for more than 30 s because every slot is busy.
11. A tier has grown for a minute, and its oldest task waits for more than 60 s.
12. A paused tier has work.
13. There are dead tasks, and none in the last minute.
14. There is no worker, and nothing to do for one.
15. The queue does not exist yet.

Well:
16. None of these.

A paused tier is not served on purpose: rules 4, 5, 10 and 11 leave it out. A backlog of the least
urgent tier is what this platform is for: rule 10 leaves it out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from giveway.cli.top.facts import Look, Trouble
from giveway.cli.top.past import MINUTE, Past
from giveway.cli.words import count, duration, time_of_day
from giveway.core.record import TierSnapshot

UNSERVED_SECONDS = 5.0
STUCK_SECONDS = 15.0
LATE_SECONDS = 30.0
GROWING_SECONDS = 60.0
FULL_PERCENT = 90
NO_ANSWER_SECONDS = 4.0


class Health(IntEnum):
    """How bad it is."""

    WELL = 0
    UNWELL = 1
    BROKEN = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What one of the rules found."""

    rule: int
    text: str

    @property
    def health(self) -> Health:
        if self.rule == 16:
            return Health.WELL
        return Health.BROKEN if self.rule <= 9 else Health.UNWELL


def verdict(
    look: Look | None, past: Past, *, trouble: Trouble | None, now: float, unanswered_seconds: float
) -> tuple[Finding, ...]:
    """What the rules find, the worst first; never empty.

    `now`: seconds since the epoch; `unanswered_seconds`: since the last answer of Redis.
    """
    if trouble is not None and not trouble.away:
        return (Finding(15, trouble.text),)
    found = [*_redis(trouble, now=now, unanswered_seconds=unanswered_seconds)]
    if look is not None and not found:
        found += [*_broken(look, past), *_unwell(look, past)]
    return tuple(found) or (Finding(16, _well(look, past)),)


def _redis(trouble: Trouble | None, *, now: float, unanswered_seconds: float) -> Iterator[Finding]:
    """Rule 1. What was seen before is old news: no other rule is asked."""
    if trouble is not None:
        away = f"Redis away since {time_of_day(trouble.since)} ({duration(now - trouble.since)})"
        yield Finding(1, f"{away}: {trouble.text}")
    elif unanswered_seconds > NO_ANSWER_SECONDS:
        yield Finding(1, f"Redis has not answered for {duration(unanswered_seconds)}")


def _broken(look: Look, past: Past) -> Iterator[Finding]:
    """Rules 2 to 9."""
    for key in look.snapshot.parked:
        yield Finding(2, f"{key} holds a wrong type: its tier is left out until that is mended")
    waiting = [tier for tier in look.snapshot.tiers if tier.depth and not tier.paused]
    if waiting and not look.living:
        tasks = count(sum(tier.depth for tier in waiting), "task")
        yield Finding(3, f"no worker runs: {tasks} {_verb(waiting, 'wait')}")
    else:
        yield from _unserved(look, waiting)
        yield from _stuck(look, past, waiting)
    yield from _silent(look)
    yield from _full(look)
    if more := past.more_dead():
        yield Finding(9, f"dead tasks: {look.snapshot.dead:,} (+{more:,} in the last minute)")


def _unserved(look: Look, waiting: Iterable[TierSnapshot]) -> Iterator[Finding]:
    """Rule 4."""
    served = {tier for worker in look.living for tier in worker.tiers}
    for tier in waiting:
        if tier.name not in served and tier.oldest_seconds > UNSERVED_SECONDS:
            waits = duration(tier.oldest_seconds)
            yield Finding(4, f"{tier.name} waits {waits}: no worker serves it")


def _stuck(look: Look, past: Past, waiting: Iterable[TierSnapshot]) -> Iterator[Finding]:
    """Rule 5. Free slots alone mean little: a heartbeat may fall between two short tasks."""
    seconds = past.unclaimed_seconds()
    names = {tier.name for tier in waiting if tier.oldest_seconds > STUCK_SECONDS}
    free = sum(worker.free for worker in look.living if names & {*worker.tiers})
    if seconds > STUCK_SECONDS and free:
        slots = f"{count(free, 'slot')} {'is' if free == 1 else 'are'} free"
        yield Finding(5, f"nothing has been taken up for {duration(seconds)} although {slots}")


def _silent(look: Look) -> Iterator[Finding]:
    """Rule 6."""
    silent = [worker for worker in look.workers if worker.silent]
    if silent:
        longest = duration(max(worker.silent_seconds for worker in silent))
        names = f": {silent[0].place}" if len(silent) == 1 else ""
        yield Finding(6, f"{count(len(silent), 'worker')} silent for {longest}{names}")


def _full(look: Look) -> Iterator[Finding]:
    """Rules 7 and 8."""
    server = look.server
    if server is not None and server.max_bytes:
        percent = 100 * server.used_bytes // server.max_bytes
        if percent >= FULL_PERCENT:
            yield Finding(7, f"Redis is {percent} % full: at its limit new work is refused")
    for tier in look.snapshot.tiers:
        limit = look.limits.get(tier.name)
        if limit is not None and tier.depth + tier.delayed >= limit:
            yield Finding(8, f"{tier.name} is full ({limit:,}): new work is refused")


def _unwell(look: Look, past: Past) -> Iterator[Finding]:
    """Rules 10 to 14."""
    tiers = look.snapshot.tiers
    yield from _late(look)
    for tier in tiers:
        if not tier.paused and tier.oldest_seconds > GROWING_SECONDS <= past.seconds + 1:
            growth = past.grown_per_second(tier.name)
            if growth * MINUTE >= 1:
                yield Finding(11, f"{tier.name} grows by {growth * MINUTE:,.0f} tasks a minute")
    for tier in tiers:
        if tier.paused and tier.depth:
            wait = "waits" if tier.depth == 1 else "wait"
            yield Finding(12, f"{tier.name} is paused: {count(tier.depth, 'task')} {wait}")
    if look.snapshot.dead and not past.more_dead():
        yield Finding(13, f"dead tasks: {look.snapshot.dead:,}")
    if not look.workers and not any(tier.depth for tier in tiers):
        yield Finding(14, "no worker runs, and nothing waits for one")


def _late(look: Look) -> Iterator[Finding]:
    """Rule 10."""
    for tier in look.snapshot.tiers[:-1]:
        if tier.paused or not tier.depth or tier.oldest_seconds <= LATE_SECONDS:
            continue
        serving = [worker for worker in look.living if tier.name in worker.tiers]
        slots = sum(worker.capacity for worker in serving)
        if slots and not any(worker.free for worker in serving):
            busy = "the only slot is" if slots == 1 else f"all {slots} slots are"
            yield Finding(10, f"{tier.name} waits {duration(tier.oldest_seconds)}: {busy} busy")


def _well(look: Look | None, past: Past) -> str:
    if look is None:
        return "looking for the first time …"
    running = sum(worker.running for worker in look.living)
    slots = sum(worker.capacity for worker in look.living)
    rates = (past.rates(tier.name) for tier in look.snapshot.tiers)
    done = sum(rate.out for rate in rates if rate is not None)
    flow = f", {done:.1f} tasks/s" if done >= 0.05 else ""
    return f"all is well: {running} of {count(slots, 'slot')} busy{flow}"


def _verb(tiers: Iterable[TierSnapshot], word: str) -> str:
    return word + "s" if sum(tier.depth for tier in tiers) == 1 else word
