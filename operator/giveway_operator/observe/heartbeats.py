"""From what workers say of themselves to facts. Pure.

A heartbeat is JSON that a worker of any version wrote, or somebody else by mistake: what is missing
or odd counts as not said, and never keeps the queue from being read.
"""

import json
from typing import Any

from giveway.store.reads import Heartbeat
from giveway_operator.facts import Work, WorkerFacts

_MOST_WORK = 64  # as many as a worker of ours describes one by one


def worker_facts(beat: Heartbeat, *, now_us: int) -> WorkerFacts:
    """A worker as of its last heartbeat; `now_us` by the server's clock."""
    about = _object(beat.about)
    silent_seconds = max(0.0, (now_us - beat.seen_at_us) / 1e6)
    processes = _whole(about, "processes", 1)
    lines = about.get("work")
    work = tuple(_work(line) for line in lines[:_MOST_WORK]) if isinstance(lines, list) else ()
    return WorkerFacts(
        incarnation=beat.incarnation,
        pod=_text(about, "pod"),
        silent_seconds=silent_seconds,
        leaving=about.get("leaving") is True,
        started_at=float(_whole(about, "started", 0)),
        processes=processes,
        slots=processes * _whole(about, "slots", 1),
        running=_whole(about, "running", 0),
        work=work,
        draining=about.get("draining") is True,
        stuck_seconds=_whole(about, "stuck_ms", 0) / 1e3,
        pod_uid=_text(about, "pod_uid"),
        resource_uid=_text(about, "resource_uid"),
    )


def _work(line: Any) -> Work:
    said = line if isinstance(line, dict) else {}
    saved = said.get("saved_ms")
    return Work(
        id=_text(said, "id"),
        tier=_text(said, "tier"),
        state=_text(said, "state"),
        for_seconds=_whole(said, "for_ms", 0) / 1e3,
        is_batch=said.get("batch") is True,
        since_checkpoint_seconds=saved / 1e3 if type(saved) is int and saved >= 0 else None,
    )


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _whole(said: dict[str, Any], name: str, otherwise: int) -> int:
    found = said.get(name)
    return found if type(found) is int and 0 <= found < 2**53 else otherwise


def _text(said: dict[str, Any], name: str) -> str:
    found = said.get(name)
    return found if isinstance(found, str) else ""
