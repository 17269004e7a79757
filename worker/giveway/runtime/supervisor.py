"""The supervisor: starts the children, watches what is in their hands, and ends them in order.

One thread, one event loop, no user code: nothing a task does can keep it from renewing leases,
replacing a child that died, or obeying a signal. It acts on three pictures: the slot board (what is
in which hand), the fork server (which children live), and the answers to its renewals.

Stopping (SIGTERM, a drained burst, a request to drain): children take nothing new, what they had
claimed but not started goes back at once, batches leave at their next item, tasks have the grace
period, what is left then is killed and returned, uncounted. A second SIGTERM ends the grace.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine

from giveway.clock import monotonic, monotonic_ns
from giveway.errors import WorkerError
from giveway.runtime import accounts, logged
from giveway.runtime.crew import Crew, Member
from giveway.runtime.draining import Drain
from giveway.runtime.errands import Errands
from giveway.runtime.forkserver import Exited, ForkServer
from giveway.runtime.layout import Entry, Slate
from giveway.runtime.limiter import Limiter
from giveway.runtime.process import describe_exit
from giveway.runtime.recycler import Recycler
from giveway.runtime.renewal import Renewal
from giveway.runtime.totals import Totals
from giveway.telemetry.events import event

WATCH_SECONDS = 0.01  # how often hands are looked at while work is claimed ahead
_CALM_SECONDS = 0.25  # otherwise, while there is any
_REST_SECONDS = 10.0  # at most, while there is none; a child that takes some wakes us up
_HASTY_SECONDS = 1.0  # a child that ends sooner, without a task, is replaced after a pause
_LAST_ERRANDS_SECONDS = 5.0


class Supervisor:
    """One worker's life.

    `prepare` is done before the first child starts, and waits for Redis if it has to; `drained`
    tells a burst that nothing is left to do.
    """

    def __init__(
        self,
        crew: Crew,
        forks: ForkServer,
        errands: Errands,
        renewal: Renewal,
        totals: Totals,
        *,
        prepare: Callable[[], Coroutine[None, None, None]],
        drained: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self._prepare = prepare
        self._crew, self._forks = crew, forks
        self._errands, self._renewal, self._totals = errands, renewal, totals
        self._drained = drained
        self._limiter = Limiter(crew)
        self._recycler = Recycler(
            crew, relieve=self._start, end=self._tell_to_end, may=lambda: not self._ending
        )
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._gone = asyncio.Event()
        self._pauses: dict[int, float] = {}
        self._drain = Drain(crew, start=self._start, end=self._tell_to_end)
        self._broken: WorkerError | None = None

    async def run(self) -> None:
        """Until told to stop. Raises `WorkerError` if it cannot go on, or what `prepare` does."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_reader(self._forks.socket, self._forks_spoke)
        try:
            await self._unless_stopped(self._prepare())
            if not self._stop.is_set():
                await self._work()
        finally:
            loop.remove_reader(self._forks.socket)
            self._forks.close()
        if self._broken is not None:
            raise self._broken

    async def _work(self) -> None:
        for _ in range(self._crew.plan.processes):
            self._start()
        tasks = [asyncio.create_task(job) for job in self._jobs()]
        for task in tasks:
            task.add_done_callback(self._job_ended)
        await self._stop.wait()
        await self._end_children()
        for task in tasks[1:]:
            task.cancel()
        await self._errands.finished(within=_LAST_ERRANDS_SECONDS)
        tasks[0].cancel()
        await self._renewal.farewell()

    async def _unless_stopped(self, job: Coroutine[None, None, None]) -> None:
        preparing, stopping = asyncio.create_task(job), asyncio.create_task(self._stop.wait())
        await asyncio.wait([preparing, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if preparing.done():
            await preparing  # raises what went wrong
        else:
            preparing.cancel()

    def _job_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            # Without renewals its leases would run out in silence: better to end and be restarted.
            self._broken = WorkerError(f"the supervisor cannot go on: {task.exception()!r}")
            self.stop()

    def stop(self) -> None:
        """Asked once: end in order. Asked twice: end now; nothing is lost either way."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    @property
    def _ending(self) -> bool:
        return self._stop.is_set() or self._drain.on

    def is_ending(self) -> bool:
        """Whether it was asked to stop, or to drain."""
        return self._ending

    def _jobs(self) -> list[Coroutine[None, None, None]]:
        jobs: list[Coroutine[None, None, None]] = [self._renewal.run(), self._watch()]
        jobs.append(self._recycler.run())
        return jobs + ([self._end_when_drained()] if self._drained else [])

    # -- children ----------------------------------------------------------------------------

    def _start(self) -> Member:
        member = self._crew.enlist()
        self._gone.clear()  # one that died may have been the only one
        self._forks.fork(member.index, member.nonce)
        return member

    def _forks_spoke(self) -> None:
        events = self._forks.read()
        if events is None:
            asyncio.get_running_loop().remove_reader(self._forks.socket)
            self._broken = WorkerError("the fork server has died, and its children with it")
            for orphan in list(self._crew.members.values()):
                self._bury(orphan, told=True, how="its fork server")
            self.stop()
            return
        for told in events:
            member = self._crew.members.get(told.index)
            if member is None:
                continue
            if isinstance(told, Exited):
                self._exited(member, told.status)
            else:
                self._began(member, told.pid)

    def _began(self, member: Member, pid: int) -> None:
        member.pid = pid
        if self._ending:  # asked while it was being forked
            self._tell_to_end(member)

    def _exited(self, member: Member, status: int) -> None:
        how = describe_exit(status)
        ending = self._ending
        asked = (ending or member.told_to_leave) and status == 0
        ran = self._bury(member, told=member.told_to_end or asked, how=how)
        self._totals.note("child_ended", member.why_ended(status, asked=asked))
        if asked and not ending:
            self._drain.gone(member)
        if ending or asked:
            return
        event("child_ended", level="warning", pid=member.pid, how=how)
        if member.worn is not None:
            return  # its relief is there already
        pause = 0.0
        if not ran and monotonic() - member.began < _HASTY_SECONDS:
            pause = min(10.0, max(0.1, 2 * self._pauses.get(member.index, 0.0)))
        self._pauses[member.index] = pause
        asyncio.get_running_loop().call_later(pause, self._replace, self._drain.times)

    def _replace(self, drains: int) -> None:
        if not self._ending and drains == self._drain.times:
            self._start()

    def _bury(self, member: Member, *, told: bool, how: str) -> bool:
        """Settle the accounts of a child that has gone; whether it was running anything."""
        entries = list(member.hand.entries())
        due = accounts.closing(
            entries,
            self._crew.definitions,
            told_to_end=told,
            how=how,
            too_slow=member.too_slow,
        )
        held = {entry.id: entry for entry in entries}
        logged.buried(due, lambda id: self._crew.subject(held[id]), how=how)
        self._errands.close(due, list(member.requests(self._crew.plan.owner)))
        self._totals.closed(entries, due)
        self._totals.child_gone(member.index)
        member.hand.clear()
        del self._crew.members[member.index]
        if not self._crew.members:
            self._gone.set()
        return any(entry.state is Slate.RUNNING for entry in entries)

    # -- watching ----------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            rested = self._crew.idle and not await self._crew.rest(_REST_SECONDS)
            if not rested:
                ahead = any(one.hand.claims_ahead for one in self._crew.members.values())
                await asyncio.sleep(self._pause(WATCH_SECONDS if ahead else _CALM_SECONDS))
            self._limiter.begin()
            for member in list(self._crew.members.values()):
                self._look_at(member)
            if not self._stop.is_set():
                self._drain.heed(asked=self._renewal.reply.drain)

    def _pause(self, seconds: float) -> float:
        """Until the next look, or until a limit is reached that the last look saw coming."""
        if self._limiter.next_ns is None:
            return seconds
        return min(seconds, max(0.001, (self._limiter.next_ns - monotonic_ns()) / 1e9))

    def _look_at(self, member: Member) -> None:
        now, entries = monotonic_ns(), list(member.hand.entries())
        if self._limiter.needed:
            self._limiter.look(member, entries, now_ns=now)
        self._take_back(member, accounts.overdue(entries, now_ns=now))
        if accounts.blocked(entries, now_ns=now):
            for lane, number in member.hand.lanes.recall():
                self._errands.undo(member.request(self._crew.plan.owner, lane, number))

    def _take_back(self, member: Member, wanted: list[Entry]) -> None:
        taken = member.hand.take_back(wanted) if wanted else []
        if taken:
            due = accounts.taken_back(taken, self._crew.definitions)
            self._errands.send(due)
            self._totals.closed(taken, due)

    async def _end_when_drained(self) -> None:
        assert self._drained is not None
        # The queue is elsewhere and rings no bell for being empty: it has to be asked.
        while not (self._crew.idle and await self._drained()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        self.stop()

    # -- the end -----------------------------------------------------------------------------

    async def _end_children(self) -> None:
        for member in list(self._crew.members.values()):
            self._tell_to_end(member)
        event("stopping", grace_seconds=self._crew.plan.grace_seconds)
        if self._crew.members:
            done = await self._within(self._crew.plan.grace_seconds)
            if not done:
                self._kill()
                await self._gone.wait()
        event("stopped")

    async def _within(self, seconds: float) -> bool:
        """Whether all children went in time; a second signal ends the wait."""
        waits = [asyncio.create_task(one.wait()) for one in (self._gone, self._hurry)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return self._gone.is_set()

    def _tell_to_end(self, member: Member) -> None:
        member.signal(signal.SIGTERM)
        unstarted = [one for one in member.hand.entries() if one.state is Slate.CLAIMED]
        self._take_back(member, unstarted)

    def _kill(self) -> None:
        for member in list(self._crew.members.values()):
            member.told_to_end = True
            member.signal(signal.SIGKILL)
            if not member.pid:  # the fork server has not answered; there is nobody to wait for
                self._bury(member, told=True, how="the end of its worker")


def new_owner() -> str:
    """The incarnation of this worker: host (in a pod its name), process, and a nonce."""
    host = "".join(c if c.isalnum() or c in "-_." else "-" for c in os.uname().nodename)
    return f"{host[:60]}.{os.getpid()}.{os.urandom(4).hex()}"
