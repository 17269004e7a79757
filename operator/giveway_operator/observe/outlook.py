"""Looks at the queues of one endpoint: one pipelined round trip, within a deadline.

What fails for the whole endpoint is remembered for a while (`Backoff`), during which nothing is
sent: each of its queues is `Unseen` with the same word. What fails for one queue (a key of a wrong
type) is that queue's alone.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from giveway.clock import monotonic
from giveway.core.keys import QueueKeys
from giveway.errors import ConfigurationError, GivewayError, StoreError
from giveway.store.many import ManyStore
from giveway.telemetry.events import event
from giveway_operator.endpoints.backoff import Backoff
from giveway_operator.endpoints.source import WatchedQueue
from giveway_operator.facts import QueueKey, SeenQueue, Unseen
from giveway_operator.observe import server
from giveway_operator.observe.questions import Subject, seen, word_of
from giveway_operator.observe.server import ServerFacts

DEADLINE_SECONDS: Final = 5.0
SERVER_SECONDS: Final = 60.0
_CLOSING_SECONDS: Final = 0.5


class Outlook:
    """The eyes on one endpoint. `where`: for messages, without credentials."""

    def __init__(self, store: ManyStore) -> None:
        self.store = store
        self.where = str(store.endpoint.address)
        self._subjects: dict[tuple[QueueKey, str], Subject] = {}
        self._backoff = Backoff()
        self._trouble = Unseen(0.0, "", "")
        self._servers: dict[str, ServerFacts] = {}
        self._asked_servers = -SERVER_SECONDS
        self._asking: asyncio.Task[None] | None = None

    @property
    def well(self) -> bool:
        """Whether the last look at it went well, or none was taken yet."""
        return self._backoff.failures == 0

    async def look(self, queues: Sequence[WatchedQueue]) -> dict[QueueKey, SeenQueue]:
        """What is seen of these. Never raises but for a cancellation."""
        if monotonic() < self._backoff.until:
            return {one.key: self._trouble for one in queues}
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                found = await self._look(queues)
        except TimeoutError:
            message = f"Redis at {self.where} did not answer within {DEADLINE_SECONDS:.0f} s"
            await self._failed("timeout", message)
        except GivewayError as error:
            await self._failed(word_of(error), str(error))
        except Exception as error:  # noqa: BLE001 -- an answer that no server of ours gives
            event("look_failed", level="error", redis=self.where, raised=error)
            await self._failed("failed", f"what Redis at {self.where} answered makes no sense")
        else:
            if not self.well:
                event("redis_read_again", redis=self.where)
            self._backoff.over()
            self._ask_servers()
            return found
        return {one.key: self._trouble for one in queues}

    async def _failed(self, why: str, message: str) -> None:
        if self.well:
            event("redis_not_read", level="warning", redis=self.where, why=why, message=message)
        self._backoff.failed(monotonic())
        self._trouble = Unseen(monotonic(), why, message)
        with suppress(Exception):  # whatever is wrong with it, it shall be gone
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self.store.aclose()

    # -- the queues --------------------------------------------------------------------------

    async def _look(self, queues: Sequence[WatchedQueue]) -> dict[QueueKey, SeenQueue]:
        found: dict[QueueKey, SeenQueue] = {}
        subjects: list[Subject] = []
        for one in queues:
            try:
                subjects.append(self._subject(one))
            except ConfigurationError as error:
                found[one.key] = Unseen(monotonic(), "misconfigured", str(error))
        answers = await self._answers(subjects)
        now = monotonic()
        for subject, said in zip(subjects, answers, strict=True):
            facts = self._servers.get(subject.node, ServerFacts())
            found[subject.key] = seen(said, at=now, server=facts, queue=subject.queue)
        return found

    async def _answers(self, subjects: Sequence[Subject]) -> list[list[Any]]:
        """One round trip. A second one for queues whose first worker has just come."""
        if not subjects:
            return []
        asked = [subject.questions() for subject in subjects]
        replies = iter(await self.store.run_all([one for many in asked for one in many]))
        answers = [[next(replies) for _ in many] for many in asked]
        late = []
        for subject, said in zip(subjects, answers, strict=True):
            if not isinstance(said[0], Exception):
                asked_for, subject.has_workers = subject.has_workers, said[0].workers > 0
                late += [(subject, said)] if subject.has_workers and not asked_for else []
        if late:
            more = await self.store.run_all([subject.heartbeats for subject, _ in late])
            for (_, said), beats in zip(late, more, strict=True):
                said.append(beats)
        return answers

    def _subject(self, one: WatchedQueue) -> Subject:
        """Kept, because a queue's commands are the same at every look."""
        name = (one.key, one.queue)
        found = self._subjects.get(name)
        if found is None:
            found = self._subjects[name] = Subject.of(one.key, one.queue)
        found.asked_at = monotonic()
        return found

    def forget(self, *, before: float) -> None:
        """The queues that nobody has asked for since."""
        for name in [name for name, one in self._subjects.items() if one.asked_at < before]:
            del self._subjects[name]

    # -- the servers -------------------------------------------------------------------------

    def _ask_servers(self) -> None:
        """Now and then, and beside the looks: what fails here is only not known."""
        now = monotonic()
        if now - self._asked_servers < SERVER_SECONDS or self._asking is not None:
            return
        self._asked_servers = now
        self._asking = asyncio.create_task(self._look_at_servers(), name="giveway-servers")

    async def _look_at_servers(self) -> None:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                self._servers = await self._all_servers()
        except (StoreError, TimeoutError) as error:
            event("server_not_read", level="debug", redis=self.where, message=str(error))
        finally:
            self._asking = None

    async def _all_servers(self) -> dict[str, ServerFacts]:
        found: dict[str, ServerFacts] = {}
        for subject in list(self._subjects.values()):
            key = QueueKeys(subject.queue).control
            subject.node = await self.store.node_of(key)
            if subject.node not in found:
                found[subject.node] = await server.look(self.store, key=key)
        if any(one.is_replica for one in found.values()):
            # It was the primary when it was dialled: only a new connection finds the one of now.
            await self.store.aclose()
        return found

    async def aclose(self) -> None:
        """Look no more. The store belongs to the pool."""
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking
