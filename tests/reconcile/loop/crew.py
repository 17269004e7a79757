"""Workers of which only the heartbeat is there: one for each pod, spoken by the test.

A heartbeat is the real verb, on a real server, so who is asked to drain hears it from there and
says so in the next one, as a worker does. What no test of this waits for is left out: processes,
and the two seconds between two heartbeats. Real workers in their stead: `fleet`.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from giveway.core.keys import QueueKeys
from giveway.core.task import Request
from giveway.store.commands import Commands
from giveway.store.connect import connect

_LEASE_US = 6_000_000


@dataclass
class _Member:
    incarnation: str
    running: int
    draining: bool = False


class Crew:
    """The workers of one queue, which has these tiers from then on. `close` at the end."""

    def __init__(self, keys: QueueKeys, *, redis_url: str, tiers: Sequence[str]) -> None:
        self._keys, self._commands = keys, Commands(keys)
        self._store = connect(redis_url, name=f"giveway:{keys.queue}:tests-1:crew")
        self._requests = (Request("tests-1.crew", number) for number in count(1))
        self._members: dict[str, _Member] = {}
        self._store.run(
            self._commands.configure_tiers(next(self._requests), tiers=tiers, role="operator")
        )

    def close(self) -> None:
        self._store.close()

    def join(self, pod: str, *, running: int = 0) -> None:
        """A worker in this pod; what it runs does not end."""
        self._members[pod] = _Member(f"{pod}.1.ab", running)
        self._beat(pod, self._members[pod])

    def beat(self, pods: Collection[str]) -> None:
        """All are heard of. Whose pod is not among these leaves."""
        for pod in self._members.keys() - pods:
            self._beat(pod, self._members.pop(pod), leaving=True)
        for pod, member in self._members.items():
            self._beat(pod, member)

    def asked(self, redis: Any) -> set[str]:
        """Whom `control` asks to drain, once those that left were silent for ten minutes."""
        here = {member.incarnation for member in self._members.values()}
        known = {name.decode() for name in redis.zrange(self._keys.workers_seen, 0, -1)}
        if gone := known - here:
            redis.zadd(self._keys.workers_seen, dict.fromkeys(gone, 1.0))  # long ago
        self.beat(self._members.keys())
        return set((redis.hget(self._keys.control, "drain") or b"").decode().split())

    def _beat(self, pod: str, member: _Member, *, leaving: bool = False) -> None:
        about: dict[str, object] = {"pod": pod, "slots": 1, "running": member.running}
        about |= {"draining": True} if member.draining else {}
        about |= {"leaving": True} if leaving else {}
        said = self._commands.renew(
            next(self._requests),
            owner=member.incarnation,
            lease_us=_LEASE_US,
            held=[],
            worker=json.dumps(about).encode(),
            first=True,
        )
        member.draining = self._store.run(said).drain
