"""Makes facts of what workers say of themselves.

A worker of another version may leave things out or say more; what cannot be understood is left out
here too, because a screen that shows the rest is worth more than an error.

Who is left out: workers that have said goodbye, and those silent for so long that whoever looks
after them has either been told or does not care (`GONE_SECONDS`); Redis forgets them after ten
minutes.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from giveway.cli.top.facts import GaveWay, Phase, Work, Worker
from giveway.core.buckets import WAIT_BUCKETS
from giveway.store.reads import WorkerRecord

GONE_SECONDS = 120.0

_PHASES = {phase.value: phase for phase in Phase}
T = TypeVar("T")


def workers(records: Iterable[WorkerRecord], *, now_us: int) -> tuple[Worker, ...]:
    """Those that are still there or silently gone; silent ones first, then by name."""
    heard = (worker(record, now_us=now_us) for record in records)
    there = [one for one in heard if not one.leaving and one.silent_seconds <= GONE_SECONDS]
    return tuple(sorted(there, key=lambda one: (not one.silent, one.name)))


def worker(record: WorkerRecord, *, now_us: int) -> Worker:
    """One worker."""
    about = record.about
    return Worker(
        name=record.incarnation,
        place=_place(about) or record.incarnation,
        silent_seconds=record.silent_seconds(now_us),
        processes=_number(about, "processes"),
        slots=_number(about, "slots"),
        running=_number(about, "running"),
        tiers=tuple(map(str, _list(about, "tiers"))),
        version=_text(about, "version"),
        started=float(_number(about, "started")),
        leaving=about.get("leaving") is True,
        work=_all(map(_work, _list(about, "work"))),
        waits=_waits(about.get("waits")),
        gave_way=_all(map(_gave_way, _list(about, "gave_way"))),
    )


def _place(about: Mapping[str, Any]) -> str:
    host, pid = _text(about, "host"), _number(about, "pid")
    return _text(about, "pod") or (f"{host} pid {pid}" if host and pid else host)


def _work(line: Any) -> Work | None:
    if not isinstance(line, dict) or line.get("state") not in _PHASES:
        return None
    return Work(
        process=_number(line, "p"),
        slot=_number(line, "s"),
        id=_text(line, "id"),
        task=_text(line, "task"),
        tier=_text(line, "tier"),
        phase=_PHASES[line["state"]],
        seconds=_number(line, "for_ms") / 1000,
    )


def _gave_way(line: Any) -> GaveWay | None:
    if not isinstance(line, dict) or not _number(line, "at"):
        return None
    return GaveWay(
        at_ms=_number(line, "at"),
        from_id=_text(line, "from_id"),
        from_tier=_text(line, "from_tier"),
        to_id=_text(line, "to_id"),
        to_tier=_text(line, "to_tier"),
        mode=_text(line, "mode"),
    )


def _waits(found: Any) -> dict[str, tuple[int, ...]]:
    """Histograms with other bounds than ours cannot be added to them."""
    if not isinstance(found, dict):
        return {}
    return {
        str(tier): tuple(counts)
        for tier, counts in found.items()
        if isinstance(counts, list)
        and len(counts) == len(WAIT_BUCKETS)
        and all(isinstance(count, int) for count in counts)
    }


def _number(about: Mapping[str, Any], name: str) -> int:
    value = about.get(name)
    return int(value) if isinstance(value, int | float) else 0


def _text(about: Mapping[str, Any], name: str) -> str:
    value = about.get(name)
    return value if isinstance(value, str) else ""


def _list(about: Mapping[str, Any], name: str) -> list[Any]:
    value = about.get(name)
    return value if isinstance(value, list) else []


def _all(lines: Iterable[T | None]) -> tuple[T, ...]:
    return tuple(line for line in lines if line is not None)
