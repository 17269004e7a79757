"""How the replies of the scripts become values. Bytes in, frozen dataclasses out."""

from collections.abc import Iterable
from typing import Any

from giveway.core.record import Snapshot, TierSnapshot
from giveway.core.task import (
    Cancelled,
    CheckpointReply,
    Claimed,
    ClaimReply,
    Enqueued,
    Fence,
    RenewReply,
    TaskId,
    Verdict,
)
from giveway.core.tiers import Control

Raw = list[Any]

_ENQUEUED = {word.value.encode(): word for word in Enqueued}
_CANCELLED = {word.value.encode(): word for word in Cancelled}
_VERDICTS = {
    "o": Verdict.OK,
    "c": Verdict.CANCELLED,
    "l": Verdict.LOST,
    "g": Verdict.GIVE_WAY,
}
_STRIDE = 7


def ids(reply: Iterable[bytes]) -> tuple[TaskId, ...]:
    return tuple(TaskId(id.decode()) for id in reply)


def texts(reply: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(text.decode() for text in reply)


def or_none(number: int) -> int | None:
    """The scripts answer -1 for "there is none": a nil would cut the reply short."""
    return None if number < 0 else number


def enqueued(reply: Raw) -> tuple[Enqueued, ...]:
    return tuple(_ENQUEUED[word] for word in reply)


def cancelled(reply: Raw) -> tuple[Cancelled, ...]:
    return tuple(_CANCELLED[word] for word in reply)


def redriven(reply: Raw) -> tuple[bool, ...]:
    return tuple(bool(flag) for flag in reply)


def claims(flat: Raw) -> tuple[Claimed, ...]:
    """Seven values a task; the seventh is "" or the ten that a fresh task has not."""
    columns = iter(flat)
    found = []
    for id, fence, tier, name, payload, at, past in zip(*[columns] * _STRIDE, strict=True):
        new = Claimed(
            TaskId(id.decode()), Fence(int(fence)), tier.decode(), name.decode(), payload, int(at)
        )
        found.append(_with_past(new, past) if past else new)
    return tuple(found)


def _with_past(new: Claimed, past: Raw) -> Claimed:
    attempts, crashes, losses, yields, cursor, cursor_seq, done, total, trace, ready_at = past
    return new._replace(
        attempts=int(attempts or 0),
        crashes=int(crashes or 0),
        losses=int(losses or 0),
        yields=int(yields or 0),
        cursor=cursor,
        cursor_seq=int(cursor_seq or 0),
        done=int(done or 0),
        total=int(total or 0),
        trace=trace.decode(),
        ready_at_us=int(ready_at or 0),
    )


def claim_reply(reply: Raw) -> ClaimReply:
    lost, parked, again, next_due_us, lost_claims, flat = reply
    return ClaimReply(
        claimed=claims(flat),
        lost=ids(lost),
        lost_claims=ids(lost_claims),
        next_due_us=or_none(next_due_us),
        parked=texts(parked),
        again=bool(again),
    )


def checkpoint_reply(reply: Raw) -> CheckpointReply:
    verdict, interval_us, look_again_us, flat = reply
    return CheckpointReply(
        verdict=_VERDICTS[verdict.decode()],
        interval_us=interval_us,
        look_again_us=look_again_us,
        urgent=claims(flat)[0] if flat else None,
    )


def renew_reply(reply: Raw) -> RenewReply:
    letters, drain, next_due_us, parked, engine_reset = reply
    return RenewReply(
        verdicts=tuple(_VERDICTS[letter] for letter in letters.decode()),
        drain=bool(drain),
        next_due_us=or_none(next_due_us),
        parked=texts(parked),
        engine_reset=bool(engine_reset),
    )


def _counters(flat: Raw) -> dict[str, int]:
    """Redis keeps busy and waiting time in microseconds; people read milliseconds."""
    found = {}
    for name, value in zip(flat[::2], flat[1::2], strict=True):
        text, number = name.decode(), int(value)
        if text.endswith("_us"):
            text, number = text.removesuffix("_us") + "_ms", number // 1_000
        found[text] = number
    return found


def _tier_snapshot(row: Raw) -> TierSnapshot:
    name, is_open, is_paused, depth, oldest_us, inflight, suspended, batches = row[:8]
    delayed, due, items_left, flat = row[8:]
    return TierSnapshot(
        name=name.decode(),
        open=bool(is_open),
        paused=bool(is_paused),
        depth=depth,
        oldest_seconds=oldest_us / 1_000_000,
        inflight=inflight,
        suspended=suspended,
        running_batches=batches,
        delayed=delayed,
        due=due,
        counters=_counters(flat),
        items_left=items_left,
    )


def snapshot(reply: Raw) -> Snapshot:
    now_us, dead, workers, next_due_us, parked, rows = reply
    return Snapshot(
        server_time_us=now_us,
        tiers=tuple(_tier_snapshot(row) for row in rows),
        dead=dead,
        next_due_us=or_none(next_due_us),
        workers=workers,
        parked=texts(parked),
    )


def control(flat: Raw) -> Control:
    return control_of(dict(zip(flat[::2], flat[1::2], strict=True)))


def control_of(raw: dict[bytes, bytes]) -> Control:
    """`control` from the fields of its hash."""
    fields = {name.decode(): value.decode() for name, value in raw.items()}
    limits = (entry.split("=") for entry in fields.get("limits", "").split())
    owner = fields.get("owner", "app")
    return Control(
        tiers=tuple(fields.get("tiers", "").split()),
        draining=frozenset(fields.get("draining", "").split()),
        paused=frozenset(fields.get("paused", "").split()),
        limits={tier: int(limit) for tier, limit in limits},
        drain=frozenset(fields.get("drain", "").split()),
        owner="operator" if owner == "operator" else "person" if owner == "person" else "app",
        version=int(fields.get("version", 0)),
    )
