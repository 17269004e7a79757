"""A queue under test: the verbs in short form, and the whole of its state to compare with.

Time is moved by moving what is due (`expire`, `make_due`, `silence`), never by waiting.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

import redis

from giveway.core.keys import QueueKeys
from giveway.core.record import Snapshot
from giveway.core.task import (
    Cancelled,
    CheckpointReply,
    Claimed,
    ClaimReply,
    Enqueued,
    Giveback,
    Held,
    Holding,
    NewTask,
    Outcome,
    Progress,
    RenewReply,
    Request,
    Return,
    Settlement,
    TaskId,
    Verdict,
    Wanted,
)
from giveway.store.command import Command, Reading
from giveway.store.commands import Commands
from giveway.store.connect import connect

TIERS = ("high", "normal", "low")
POD = "pod-1"
LEASE_US = 30_000_000


class Desk:
    """One queue on a real server."""

    def __init__(self, url: str, queue: str) -> None:
        self.keys = QueueKeys(queue)
        self.commands = Commands(self.keys)
        self.store = connect(url, name=f"giveway:{queue}:{POD}:test")
        self.client: Any = redis.Redis.from_url(url)
        self._numbers: dict[str, Any] = {}
        self.sequence = count(1)

    def close(self) -> None:
        for key in self.client.scan_iter(f"{self.keys.prefix}*", count=1000):
            self.client.delete(key)
        self.client.close()
        self.store.close()

    def request(self, requester: str = "me") -> Request:
        return Request(requester, next(self._numbers.setdefault(requester, count(1))))

    def run(self, command: Command[Any] | Reading[Any]) -> Any:
        return self.store.run(command)

    # The verbs

    def configure(self, *tiers: str, role: Any = "app") -> Any:
        return self.run(self.commands.configure_tiers(self.request(), tiers=tiers, role=role))

    def enqueue(
        self, *ids: str, tier: str = "low", name: str = "work", payload: bytes = b"{}", **more: Any
    ) -> tuple[Enqueued, ...]:
        tasks = [NewTask(TaskId(id), name, payload, tier, **more) for id in ids]
        return self.run(self.commands.enqueue(self.request(), tasks))  # type: ignore[no-any-return]

    def claim_command(
        self, wanted: int = 1, *, tiers: Sequence[str] = TIERS, owner: str = POD, **more: Any
    ) -> Command[ClaimReply]:
        return self.commands.settle_claim(
            self.request(more.pop("requester", "me")),
            owner=owner,
            lease_us=more.pop("lease_us", LEASE_US),
            settlements=more.pop("settlements", ()),
            wanted=Wanted(tiers, wanted, **more),
        )

    def claim(self, wanted: int = 1, **more: Any) -> ClaimReply:
        return self.store.run(self.claim_command(wanted, **more))

    def take(self, **more: Any) -> Claimed:
        """The one task that a claim gets."""
        (claimed,) = self.claim(1, **more).claimed
        return claimed

    def settle(self, *settlements: Settlement, owner: str = POD) -> ClaimReply:
        return self.store.run(
            self.commands.settle_claim(
                self.request(), owner=owner, lease_us=LEASE_US, settlements=settlements
            )
        )

    def checkpoint_command(
        self, task: Claimed, *, done: int = 1, sequence: int | None = None, **more: Any
    ) -> Command[CheckpointReply]:
        items = more.pop("dead_items", ())
        if sequence is None:
            sequence = next(self.sequence)
        cursor, active_us = more.pop("cursor", b'{"i":1}'), more.pop("active_us", 0)
        progress = Progress(cursor, sequence, done, more.pop("total", 10), items, active_us)
        return self.commands.checkpoint(
            self.request(),
            owner=more.pop("owner", POD),
            lease_us=LEASE_US,
            id=task.id,
            fence=task.fence,
            progress=progress,
            tiers=more.pop("tiers", TIERS),
            may_give_way=more.pop("may_give_way", True),
            inline=more.pop("inline", True),
        )

    def checkpoint(self, task: Claimed, **more: Any) -> CheckpointReply:
        return self.store.run(self.checkpoint_command(task, **more))

    def renew(
        self,
        *held: Held,
        owner: str = POD,
        first: bool | None = None,
        worker: bytes = b"{}",
        lease_us: int = LEASE_US,
    ) -> RenewReply:
        return self.store.run(
            self.commands.renew(
                self.request("supervisor"),
                owner=owner,
                lease_us=lease_us,
                held=held,
                worker=worker,
                first=first,
            )
        )

    def release(
        self,
        *givebacks: Giveback,
        owner: str = POD,
        void: Request | None = None,
        keep: Sequence[Any] = (),
    ) -> tuple[TaskId, ...]:
        command = self.commands.release(
            self.request("supervisor"), owner=owner, givebacks=givebacks, void=void, keep=keep
        )
        return self.store.run(command)

    def cancel(self, *ids: str) -> tuple[Cancelled, ...]:
        return self.store.run(self.commands.cancel(self.request(), [TaskId(id) for id in ids]))

    def redrive(self, *ids: str, drop: bool = False) -> tuple[bool, ...]:
        command = self.commands.redrive(self.request(), ids=[TaskId(id) for id in ids], drop=drop)
        return self.store.run(command)

    def stats(self) -> Snapshot:
        return self.store.run(self.commands.stats())

    # Seeds

    def batch(self, id: str = "batch", tier: str = "low") -> Claimed:
        """A batch that runs: claimed, and past its first checkpoint."""
        self.enqueue(id, tier=tier, name="pack")
        batch = self.take(tiers=(tier,))
        assert self.checkpoint(batch, done=0, may_give_way=False).verdict is Verdict.OK
        return batch

    def expire(self, *ids: str) -> None:
        """Their leases have run out."""
        for tier in TIERS:
            for id in ids:
                self.client.zadd(self.keys.lease(tier), {id: 1}, xx=True)

    def make_due(self, *ids: str) -> None:
        for tier in TIERS:
            for place, id in enumerate(ids):
                self.client.zadd(self.keys.delayed(tier), {id: place + 1}, xx=True)

    def age(self, id: str, milliseconds: float) -> None:
        """The task has waited for this long."""
        at = self.now_us() - int(milliseconds * 1000)
        key = self.keys.task(id)
        since = "ready_at" if self.client.hexists(key, "ready_at") else "at"
        self.client.hset(key, since, at)

    def silence(self, seconds: float = 7) -> None:
        """Nobody has looked after the queue for so long."""
        self.client.hset(self.keys.control, "tick", self.now_us() - int(seconds * 1e6))

    def now_us(self) -> int:
        seconds, micros = self.client.time()
        return int(seconds) * 1_000_000 + int(micros)

    # The whole state

    def whole(self) -> dict[str, Any]:
        """What the queue holds, times and fences aside; what is empty is left out."""
        state: dict[str, Any] = {}
        for tier in TIERS:
            state |= {f"{key}:{tier}": value for key, value in self._tier(tier).items() if value}
        tasks = {
            key.decode().removeprefix(f"{self.keys.prefix}task:"): self._task(key)
            for key in self.client.scan_iter(f"{self.keys.prefix}task:*", count=1000)
        }
        dead = [id.decode() for id in self.client.zrange(self.keys.dead, 0, -1)]
        done = [entry.decode().split()[0] for entry in self.client.lrange(self.keys.done, 0, -1)]
        batches = self.client.lrange(self.keys.done_batches, 0, -1)
        state |= {"tasks": tasks} if tasks else {}
        state |= {"dead": dead} if dead else {}
        state |= {"done": done} if done else {}
        return state | (
            {"done:batches": [b.decode().split()[0] for b in batches]} if batches else {}
        )

    def _tier(self, tier: str) -> dict[str, list[str]]:
        keys, client = self.keys, self.client
        return {
            "back": _texts(client.lrange(keys.back(tier), 0, -1)),
            "tier": _texts(client.lrange(keys.tier(tier), 0, -1)),
            "lease": sorted(_texts(client.zrange(keys.lease(tier), 0, -1))),
            "batches": sorted(_texts(client.zrange(keys.batches(tier), 0, -1))),
            "suspended": sorted(_texts(client.zrange(keys.suspended(tier), 0, -1))),
            "delayed": sorted(_texts(client.zrange(keys.delayed(tier), 0, -1))),
            "wake": sorted(_texts(client.zrange(keys.wake(tier), 0, -1))),
        }

    def _task(self, key: bytes) -> str:
        """State and owner, then what there is to say of it: "w, attempts=1"."""
        fields = {k.decode(): v.decode("latin-1") for k, v in self.client.hgetall(key).items()}
        letter, _, owner, _ = fields.get("run", "-:::").split(":")
        said = ("attempts", "crashes", "losses", "yields", "cursor", "result", "error", "reason")
        more = [f"{name}={fields[name]}" for name in (*said, "cancel") if name in fields]
        return ", ".join([letter + owner, *more])

    def counters(self, tier: str = "low") -> dict[str, int]:
        (row,) = [row for row in self.stats().tiers if row.name == tier]
        return {k: v for k, v in row.counters.items() if v and not k.endswith("_ms")}

    def markers(self, tier: str) -> list[str]:
        return _texts(self.client.zrange(self.keys.wake(tier), 0, -1))


def _texts(values: Sequence[bytes]) -> list[str]:
    return [value.decode("latin-1") for value in values]


def done(task: Claimed, value: bytes = b"1", **more: Any) -> Settlement:
    return Settlement(task.id, task.fence, Outcome.DONE, value, **more)


def retry(task: Claimed, value: bytes = b"e", **more: Any) -> Settlement:
    return Settlement(task.id, task.fence, Outcome.RETRY, value, **more)


def dead(task: Claimed, value: bytes = b"e", reason: str = "failed") -> Settlement:
    return Settlement(task.id, task.fence, Outcome.DEAD, value, reason)


def unknown(task: Claimed) -> Settlement:
    return Settlement(task.id, task.fence, Outcome.UNKNOWN, b"e")


def back(task: Claimed, why: Return = Return.RELEASE, **more: Any) -> Giveback:
    return Giveback(task.id, task.fence, why, **more)


def held(task: Claimed, holding: Holding = Holding.RUNNING) -> Held:
    return Held(task.id, task.fence, holding)
