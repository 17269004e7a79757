"""Says loudly when Redis may delete the queue: an eviction policy other than `noeviction`.

A Redis that is full deletes keys by its policy, without a word: waiting tasks, or what makes a
retry harmless. Nothing can be done against it from here, so it is said: at the start, whenever it
changes, and once an hour while it lasts. `unsafe` and `memory` are what /metrics shows.

A limit need not be set for it: whoever sets one later does not think of the policy. A user who may
not ask (INFO), or a server that does not tell, leaves it unknown.
"""

import asyncio
from collections.abc import Awaitable, Callable

from giveway.clock import monotonic
from giveway.errors import GivewayError
from giveway.store.memory import ServerMemory
from giveway.telemetry.events import event

LOOK_SECONDS = 20.0
_SAY_AGAIN_SECONDS = 3600.0
_SAFE = "noeviction"


class EvictionWatch:
    """One for each worker. `look` asks the server for its policy, and what it uses of its memory.

    `memory`: what it said last; None: it never did.
    """

    def __init__(self, look: Callable[[], Awaitable[ServerMemory]]) -> None:
        self._look = look
        self._said = 0.0
        self.memory: ServerMemory | None = None

    @property
    def _policy(self) -> str | None:
        return None if self.memory is None else self.memory.policy

    @property
    def unsafe(self) -> bool | None:
        """Whether Redis may delete tasks; None: it is not known."""
        return None if self._policy is None else self._policy != _SAFE

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(LOOK_SECONDS)

    async def once(self) -> None:
        """Look, and say what is new; while Redis is away, what was known last stays."""
        try:
            memory = await self._look()
        except GivewayError:  # away, or not allowed to ask
            return
        before, policy, self.memory = self._policy, memory.policy, memory
        if self.unsafe:
            if policy != before or monotonic() - self._said > _SAY_AGAIN_SECONDS:
                self._say(str(policy))
        elif before is not None and policy == _SAFE and before != _SAFE:
            event("eviction_policy_safe", policy=policy)

    def _say(self, policy: str) -> None:
        self._said = monotonic()
        event(
            "eviction_policy_unsafe",
            level="error",
            policy=policy,
            fix="Redis may delete tasks when it is full: CONFIG SET maxmemory-policy noeviction",
        )
