"""How a worker describes itself with every renewal: the heartbeat that people read.

It stands under the queue's `workers` until the next one, and is what `giveway top`, `workers list`
and `doctor` know of a worker: docs/worker.md names its fields. It holds ids, names and numbers,
never a payload; and it is bounded, however much is in hand, because it travels every two seconds.
"""

import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

from giveway.clock import monotonic_ns, wall
from giveway.runtime.claims import BLOCK_SECONDS
from giveway.runtime.crew import Crew, Member
from giveway.runtime.layout import Entry, Slate
from giveway.store.wait import SLACK_SECONDS

WORK_SHOWN = 64  # leases described one by one
_QUIET_SECONDS = max(BLOCK_SECONDS) + SLACK_SECONDS  # a claim loop that waits may take so long
_SHOWN = (Slate.RUNNING, Slate.SUSPENDED, Slate.UNWINDING, Slate.CLAIMED)


class Counted(Protocol):
    """What was counted since the worker started."""

    def waits(self) -> Mapping[str, Sequence[int]]:
        """Cumulative counts for each bound of `WAIT_BUCKETS`, by tier."""
        ...

    def gave_way(self) -> Sequence[Mapping[str, object]]:
        """The last batches that gave way."""
        ...


class Description:
    """One for each worker; `render` answers the JSON of the moment."""

    def __init__(self, crew: Crew, *, counted: Counted | None = None) -> None:
        self._crew, self._counted = crew, counted
        # For how long each claim loop has not got on; who watches them says so (`monitor`).
        self.silences: Callable[[], Iterable[float]] = tuple
        plan = crew.plan
        self._constant = {
            "host": platform.node(),
            "pid": os.getpid(),
            "pod": os.environ.get("GIVEWAY_POD_NAME", ""),
            # What the operator's template sets: it judges a worker by its pod only if it made it.
            "pod_uid": os.environ.get("GIVEWAY_POD_UID", ""),
            "resource_uid": os.environ.get("GIVEWAY_RESOURCE_UID", ""),
            "version": giveway_version(),
            "processes": plan.processes,
            "slots": plan.slots,
            "tiers": list(plan.tiers),
            "started": int(wall()),
        }

    def render(self, *, leaving: bool = False, draining: bool = False) -> bytes:
        """The heartbeat of this moment.

        `leaving`: it is the last one, on purpose; `draining`: it was asked to finish, and knows.
        """
        entries = list(self._crew.entries())
        now = {
            "children": [one.pid for one in self._crew.members.values() if one.pid],
            "running": sum(entry.state is Slate.RUNNING for _, entry in entries),
            "work": self._work(entries),
            "waits": dict(self._counted.waits()) if self._counted else {},
            "gave_way": list(self._counted.gave_way()) if self._counted else [],
        }
        now |= {"leaving": True} if leaving else {}
        now |= {"draining": True} if draining else {}
        quiet = max(self.silences(), default=0.0)
        now |= {"stuck_ms": int(quiet * 1e3)} if quiet > _QUIET_SECONDS else {}
        return json.dumps(self._constant | now, separators=(",", ":")).encode()

    def _work(self, entries: list[tuple[Member, Entry]]) -> list[dict[str, Any]]:
        """What runs stands before what waits, what was begun first before the rest."""
        shown = [(member, entry) for member, entry in entries if entry.state in _SHOWN]
        shown.sort(key=lambda one: (_SHOWN.index(one[1].state), one[1].since_ns))
        now = monotonic_ns()
        return [self._line(member, entry, now) for member, entry in shown[:WORK_SHOWN]]

    def _line(self, member: Member, entry: Entry, now_ns: int) -> dict[str, Any]:
        definitions, tiers = self._crew.definitions, self._crew.plan.tiers
        known = entry.task < len(definitions)
        line = {
            "p": member.index,
            "s": entry.slot,
            "id": entry.id,
            "task": definitions[entry.task].name if known else "unknown",
            "tier": tiers[entry.tier] if entry.tier < len(tiers) else "unknown",
            "state": entry.state.name.lower(),
            "for_ms": max(0, now_ns - entry.since_ns) // 1_000_000,
        }
        if known and definitions[entry.task].is_batch:
            line["batch"] = True
            if entry.saved_ns:
                line["saved_ms"] = max(0, now_ns - entry.saved_ns) // 1_000_000
        return line


def giveway_version() -> str:
    """The installed version; of a source tree that was never installed: 0."""
    try:
        return version("giveway")
    except PackageNotFoundError:
        return "0"
