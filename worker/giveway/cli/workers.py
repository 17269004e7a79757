"""The workers of a queue, as they last described themselves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from giveway.cli.words import duration, iso
from giveway.core.defaults import SILENT_SECONDS

if TYPE_CHECKING:
    from rich.table import Table

    from giveway.store.reads import WorkerRecord


def workers_table(workers: "Sequence[WorkerRecord]", *, now_us: int) -> "Table":
    """One row a worker, the one heard of last first."""
    from giveway.cli.terminal import table

    columns = ("worker", "processes", "slots", "running", "tiers", "heard of")
    rows = [
        (
            worker.incarnation,
            str(worker.about.get("processes", "?")),
            str(worker.about.get("slots", "?")),
            str(worker.about.get("running", "?")),
            ", ".join(worker.about.get("tiers", ())),
            _heard_of(worker.silent_seconds(now_us), left=worker.leaving),
        )
        for worker in workers
    ]
    return table(*columns, rows=rows, numbers=columns[1:4])


def workers_json(workers: "Sequence[WorkerRecord]", *, now_us: int) -> dict[str, Any]:
    """What each worker says of itself, under its own names."""
    return {
        "workers": [
            {
                "worker": worker.incarnation,
                "seen_at": iso(worker.seen_at_us),
                "silent_seconds": round(worker.silent_seconds(now_us), 3),
                **worker.about,
            }
            for worker in workers
        ]
    }


def _heard_of(silence_seconds: float, *, left: bool) -> str:
    gone = ", left" if left else ", gone" if silence_seconds > SILENT_SECONDS else ""
    return f"{duration(silence_seconds)} ago{gone}"
