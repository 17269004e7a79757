"""A moment for programs: the same figures under lasting names, seconds as numbers."""

from typing import Any

from giveway.cli.top.facts import GaveWay, Worker
from giveway.cli.top.moment import BatchView, Moment, TierView


def document(moment: Moment) -> dict[str, Any]:
    """What `giveway top --json` prints."""
    look = moment.look
    server = look.server if look else None
    return {
        "queue": moment.queue,
        "health": moment.findings[0].health.name.lower(),
        "findings": [{"rule": each.rule, "text": each.text} for each in moment.findings],
        "server": server
        and {
            "version": server.version,
            "used_bytes": server.used_bytes,
            "max_bytes": server.max_bytes or None,
        },
        "latency_seconds": look and round(look.latency_seconds, 6),
        "dead": look and look.snapshot.dead,
        "tiers": [_tier(each) for each in moment.tiers],
        "workers": [_worker(each) for each in moment.workers],
        "batches": [_batch(each) for each in moment.batches],
        "gave_way": [_gave_way(each, moment) for each in moment.gave_way],
    }


def _tier(view: TierView) -> dict[str, Any]:
    tier, waits = view.now, view.waits
    return {
        "name": tier.name,
        "open": tier.open,
        "paused": tier.paused,
        "limit": view.limit,
        "depth": tier.depth,
        "oldest_seconds": tier.oldest_seconds,
        "in_flight": tier.inflight,
        "suspended": tier.suspended,
        "delayed": tier.delayed,
        "wait_seconds": waits
        and {"tasks": waits.count, "p50": waits.p50, "p95": waits.p95, "p99": waits.p99},
        "counters": tier.counters,
    }


def _worker(worker: Worker) -> dict[str, Any]:
    return {
        "worker": worker.name,
        "place": worker.place,
        "silent": worker.silent,
        "silent_seconds": round(worker.silent_seconds, 3),
        "slots": worker.capacity,
        "running": worker.running,
        "tiers": list(worker.tiers),
        "version": worker.version or None,
        "work": [
            {
                "process": work.process,
                "slot": work.slot,
                "id": work.id,
                "task": work.task,
                "tier": work.tier,
                "state": work.phase.value,
                "seconds": work.seconds,
            }
            for work in worker.work
        ],
    }


def _batch(view: BatchView) -> dict[str, Any]:
    batch = view.batch
    return {
        "id": batch.id,
        "task": batch.name,
        "tier": batch.tier,
        "state": batch.standing.value,
        "items_done": batch.done,
        "items_total": batch.total or None,
    }


def _gave_way(line: GaveWay, moment: Moment) -> dict[str, Any]:
    return {
        "at_ms": line.at_ms,
        "from": {
            "id": line.from_id,
            "task": moment.look and moment.look.names.get(line.from_id),
            "tier": line.from_tier,
        },
        "to": {
            "id": line.to_id,
            "task": moment.look and moment.look.names.get(line.to_id),
            "tier": line.to_tier,
        },
        "mode": line.mode,
    }
