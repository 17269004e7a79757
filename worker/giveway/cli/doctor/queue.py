"""What the facts of a queue mean, its workers and its connections. Pure."""

from collections.abc import Iterator

from giveway.cli.doctor.facts import Facts
from giveway.cli.doctor.finding import Finding, Level
from giveway.cli.words import count
from giveway.core.connection import stale
from giveway.core.defaults import SILENT_SECONDS

FULL = 0.8  # of maxclients


def judge_queue(facts: Facts) -> Iterator[Finding]:
    """Connections first, then the tiers and who serves them."""
    yield from _clients(facts)
    yield from _queue(facts)


def _clients(facts: Facts) -> Iterator[Finding]:
    connected = int(facts.info.get("connected_clients", 0))
    limit = int(facts.info.get("maxclients", 0))
    if limit and connected > FULL * limit:
        yield Finding(
            "clients",
            Level.WARN,
            f"{connected} of {limit} connections",
            "raise maxclients: beyond it workers are refused and wait",
        )
    elif limit:
        yield Finding("clients", Level.OK, f"{connected} of {limit} connections")
    if facts.connections is None:
        yield Finding(
            "connections",
            Level.UNKNOWN,
            "this user may not use CLIENT LIST, so ghosts are not seen",
            "ask as the user `operator` of docs/operations.md",
        )
        return
    mine = [one for one in facts.connections if one.queue == facts.queue]
    ghosts = sum(stale(one, silence_seconds=facts.silences) is not None for one in mine)
    if ghosts:
        yield Finding(
            "connections",
            Level.WARN,
            f"{ghosts} of {len(mine)} are stale",
            "giveway clients recycle --stale",
        )
    else:
        yield Finding("connections", Level.OK, f"{len(mine)} of this queue, none stale")


def _queue(facts: Facts) -> Iterator[Finding]:
    snapshot = facts.snapshot
    if snapshot is None:
        yield Finding(
            "queue",
            Level.WARN,
            f"{facts.queue} does not exist yet",
            "the first worker or enqueue makes it",
        )
        return
    tiers = ", ".join(tier.name for tier in snapshot.tiers)
    waiting = sum(tier.depth for tier in snapshot.tiers)
    yield Finding("queue", Level.OK, f"{facts.queue}: {tiers}; {count(waiting, 'task')} waiting")
    for key in snapshot.parked:
        yield Finding(
            "queue",
            Level.FAIL,
            f"{key} holds a value of a wrong type: its tier stands still",
            f"look who wrote it, then DEL {key}",
        )
    yield from _workers(facts)
    if snapshot.dead:
        yield Finding(
            "dead", Level.WARN, f"{count(snapshot.dead, 'dead task')}", "giveway dead list"
        )


def _workers(facts: Facts) -> Iterator[Finding]:
    # As `giveway top` counts them: two views that differ are believed by nobody at night.
    alive = [
        one
        for one in facts.workers
        if facts.silences[one.incarnation] <= SILENT_SECONDS and not one.leaving
    ]
    served = {tier for one in alive for tier in one.about.get("tiers", ())}
    if alive:
        yield Finding("workers", Level.OK, f"{count(len(alive), 'worker')} heard of lately")
    assert facts.snapshot is not None
    if not alive and not any(tier.depth for tier in facts.snapshot.tiers):
        yield Finding(
            "workers", Level.WARN, "no worker runs", "start one: giveway worker MODULE:APP"
        )
    for tier in facts.snapshot.tiers:
        if tier.depth and not tier.paused and tier.name not in served:
            yield Finding(
                "workers",
                Level.FAIL,
                f"no worker serves {tier.name}: {count(tier.depth, 'task')} waiting there",
                f"start one: giveway worker MODULE:APP --tiers {tier.name}",
            )
