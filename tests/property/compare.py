"""Two looks at a queue in one shape: what Redis holds and what the model says.

A look is plain data (dicts of lists and tuples), so that a difference is read off the assertion.
Instants are looked at apart (`instants_of_…`), for the model knows them only to within the duration
of the call. Left out are only the answer texts of requests.
"""

from collections.abc import Collection
from typing import Any

from tests.property.model import READY, Queue, Task, Tier
from tests.property.raw import Raw

Look = dict[str, Any]

_NUMBERS = ("attempts", "crashes", "losses", "yields", "cursor_seq", "done", "total")
_TEXTS = ("payload", "cursor", "error", "result")
_INSTANTS = ("wait_us",)


def of_model(queue: Queue) -> Look:
    """The model's look."""
    return {
        "tiers": {name: _model_tier(tier) for name, tier in queue.tiers.items()},
        "tasks": {id_: _model_task(task) for id_, task in queue.tasks.items()},
        "items": {id_: task.items for id_, task in queue.tasks.items() if task.items},
        "unique": set(queue.unique),
        "dead": set(queue.dead),
        "done": [f"{id_} {fence}" for id_, fence in queue.done],
        "done:batches": [f"{id_} {fence}" for id_, fence in queue.done_batches],
        "counters": {name: n for name, n in queue.counters.items() if n},
    }


def of_redis(raw: Raw) -> Look:
    """Redis's look."""
    control = raw.hashes.get("control", {})
    tiers = control.get("tiers", b"").decode().split()
    return {
        "tiers": {name: _raw_tier(raw, control, name) for name in tiers},
        "tasks": {
            key.removeprefix("task:"): _raw_task(fields)
            for key, fields in raw.hashes.items()
            if key.startswith("task:")
        },
        "items": {
            key.removeprefix("items:"): items
            for key, items in raw.lists.items()
            if key.startswith("items:")
        },
        "unique": {key.removeprefix("unique:") for key in raw.strings if key.startswith("unique:")},
        "dead": set(raw.members("dead")),
        "done": [entry.decode() for entry in raw.list_of("done")],
        "done:batches": [entry.decode() for entry in raw.list_of("done:batches")],
        "counters": _raw_counters(raw),
    }


def _model_tier(tier: Tier) -> Look:
    return {
        "open": tier.open,
        "paused": tier.paused,
        "ready": None if tier.parked else tier.ready,
        "back": tier.back,
        "leases": set(tier.leases),
        "delayed": set(tier.delayed),
        "batches": tier.batches,
        "suspended": tier.suspended,
        "markers": tier.markers,
    }


def _raw_tier(raw: Raw, control: dict[str, bytes], name: str) -> Look:
    return {
        "open": name not in control.get("draining", b"").decode().split(),
        "paused": name in control.get("paused", b"").decode().split(),
        "ready": None if f"tier:{name}" in raw.strings else raw.list_of(f"tier:{name}"),
        "back": raw.list_of(f"back:{name}"),
        "leases": set(raw.members(f"lease:{name}")),
        "delayed": set(raw.members(f"delayed:{name}")),
        "batches": set(raw.members(f"batches:{name}")),
        "suspended": set(raw.members(f"suspended:{name}")),
        "markers": sum(member != "due" for member in raw.members(f"wake:{name}")),
    }


def _model_task(task: Task) -> Look:
    look = {name: getattr(task, name) for name in (*_NUMBERS, *_TEXTS)}
    names = ("state", "fence", "owner", "name", "tier", "reason", "cancel")
    look |= {name: getattr(task, name) for name in names}
    look["unknown"] = bool(task.unknown_since)
    return look


def _raw_task(fields: dict[str, bytes]) -> Look:
    state, fence, owner, _ = fields.get("run", b"w:0::0").decode().split(":")
    look: Look = {name: int(fields.get(name, b"0")) for name in _NUMBERS}
    look |= {name: fields.get(name, b"") for name in _TEXTS}
    look |= {name: fields.get(name, b"").decode() for name in ("name", "tier", "reason")}
    look |= {"state": state, "fence": int(fence), "owner": owner}
    look |= {"cancel": "cancel" in fields, "unknown": "unknown_since" in fields}
    return look


def _raw_counters(raw: Raw) -> dict[str, int]:
    stats = raw.hashes.get("stats", {})
    return {
        name: int(value)
        for name, value in stats.items()
        if int(value) and not name.endswith(_INSTANTS)
    }


def instants_of_model(queue: Queue) -> dict[str, int]:
    """Every instant that the model expects, by a name."""
    found = {"tick": queue.tick, "grace": queue.grace}
    for tier in queue.tiers.values():
        found |= {f"lease of {id_}": at for id_, at in tier.leases.items()}
        found |= {f"delay of {id_}": at for id_, at in tier.delayed.items()}
    for id_, task in queue.tasks.items():
        found[f"at of {id_}"] = task.at
        found[f"unknown_since of {id_}"] = task.unknown_since
        if task.state == READY:
            found[f"ready_at of {id_}"] = task.ready_at
    return found


def instants_of_redis(raw: Raw, names: Collection[str]) -> dict[str, int]:
    """The same instants as Redis holds them (0: not at all)."""
    control = raw.hashes.get("control", {})
    found = {name: int(control.get(name, b"0")) for name in ("tick", "grace")}
    for key, members in raw.zsets.items():
        kind = {"lease": "lease", "delayed": "delay"}.get(key.split(":")[0])
        if kind is not None:
            found |= {f"{kind} of {id_}": at for id_, at in members.items()}
    for key, fields in raw.hashes.items():
        if key.startswith("task:"):
            for field in ("at", "ready_at", "unknown_since"):
                found[f"{field} of {key.removeprefix('task:')}"] = int(fields.get(field, b"0"))
    return {name: found.get(name, 0) for name in names}


def differences(real: Any, model: Any, path: str = "") -> list[str]:
    """Where two looks differ, one line each: what Redis holds, what the model says."""
    if isinstance(real, dict) and isinstance(model, dict):
        keys = sorted({*real, *model}, key=str)
        return [
            line
            for key in keys
            for line in differences(real.get(key, "-"), model.get(key, "-"), f"{path}/{key}")
        ]
    return [] if real == model else [f"{path}: redis {real!r}, model {model!r}"]
