"""Every verb as a command: the one place where a call's KEYS and ARGV are put together.

The layout of each is the header of its script; a test compares the two. A command is built once,
run by `Store`, `AsyncStore` or `ClaimLine`, and sent again unchanged when its reply was lost: the
request number in it makes that the same request (`docs/protocol.md`, "Requests").
"""

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from giveway.core.keys import QueueKeys
from giveway.core.record import Snapshot
from giveway.core.task import (
    Cancelled,
    CheckpointReply,
    ClaimReply,
    Enqueued,
    Fence,
    Giveback,
    Held,
    NewTask,
    Progress,
    RenewReply,
    Request,
    Settlement,
    TaskId,
    Wanted,
)
from giveway.core.tiers import Control, Role
from giveway.store import arguments, replies
from giveway.store.command import Command, Wire
from giveway.store.loader import load

T = TypeVar("T")


class Commands:
    """Builds the commands of one queue."""

    def __init__(self, keys: QueueKeys) -> None:
        self.keys = keys
        self._control = keys.control
        self._writing = (keys.stats, keys.dead, keys.done, keys.done_batches)
        self._request_prefix = keys.request("")

    def _build(
        self, verb: str, request: Request, fixed: Sequence[str], args: list[Wire], decode: Any
    ) -> Command[Any]:
        keys = (self._control, self._request_prefix + request.requester, *fixed)
        return Command(load(verb), keys, [request.number, *args], decode)

    def enqueue(self, request: Request, tasks: Sequence[NewTask]) -> Command[tuple[Enqueued, ...]]:
        """All of the tasks or none; one answer each."""
        args = arguments.new_tasks(tasks)
        return self._build("enqueue", request, (self.keys.stats,), args, replies.enqueued)

    def settle_claim(
        self,
        request: Request,
        *,
        owner: str,
        lease_us: int,
        settlements: Sequence[Settlement] = (),
        wanted: Wanted | None = None,
    ) -> Command[ClaimReply]:
        """Settles, then claims what is wanted; None claims nothing."""
        args = arguments.settle_claim(owner, lease_us, settlements, wanted)
        return self._build("settle_claim", request, self._writing, args, replies.claim_reply)

    def checkpoint(
        self,
        request: Request,
        *,
        owner: str,
        lease_us: int,
        id: TaskId,
        fence: Fence,
        progress: Progress,
        tiers: Sequence[str] = (),
        may_give_way: bool = False,
        inline: bool = False,
    ) -> Command[CheckpointReply]:
        """Saves a batch's progress; GIVE_WAY comes with the urgent task, already claimed."""
        args: list[Wire] = [owner, lease_us, id, fence]
        args += arguments.progress(progress)
        args += [int(may_give_way), int(inline), len(tiers), *tiers, progress.active_us]
        return self._build("checkpoint", request, self._writing, args, replies.checkpoint_reply)

    def renew(
        self,
        request: Request,
        *,
        owner: str,
        lease_us: int,
        held: Sequence[Held],
        worker: bytes,
        first: bool | None = None,
    ) -> Command[RenewReply]:
        """Extends leases and tells that the worker lives. `worker`: JSON about it, for people;
        empty: only the leases, from a child, which does not speak for its worker.

        `first`: this worker has not registered yet, so that its absence is no sign of a reset;
        None: it is the requester's first request.
        """
        is_first = request.number == 1 if first is None else first
        args: list[Wire] = [owner, lease_us, int(is_first), worker, len(held)]
        args += arguments.held(held)
        fixed = (*self._writing, self.keys.workers, self.keys.workers_seen)
        return self._build("renew", request, fixed, args, replies.renew_reply)

    def release(
        self,
        request: Request,
        *,
        owner: str,
        givebacks: Sequence[Giveback],
        void: Request | None = None,
        keep: Sequence[tuple[TaskId, Fence]] = (),
    ) -> Command[tuple[TaskId, ...]]:
        """Returns leases; answers the ids that were refused, because they are not ours any more.

        `void`: a claim request whose requester is gone. What it claimed goes back too, except
        `keep`; if it has not arrived yet, it will do nothing when it does.
        """
        args: list[Wire] = [owner, *arguments.givebacks(givebacks)]
        args += [void.number if void else 0, len(keep)]
        for id, fence in keep:
            args += (id, fence)
        voided = self.keys.request(void.requester if void else request.requester)
        return self._build("release", request, (*self._writing, voided), args, replies.ids)

    def cancel(self, request: Request, ids: Sequence[TaskId]) -> Command[tuple[Cancelled, ...]]:
        """Settles what waits; running work learns of it."""
        return self._build("cancel", request, self._writing, [*ids], replies.cancelled)

    def redrive(
        self, request: Request, *, ids: Sequence[TaskId], drop: bool = False
    ) -> Command[tuple[bool, ...]]:
        """Dead or delayed tasks wait again at the tail of their tier; `drop` deletes dead ones."""
        args: list[Wire] = [int(drop), *ids]
        return self._build("redrive", request, self._writing, args, replies.redriven)

    def stats(self) -> Command[Snapshot]:
        """One atomic snapshot. It writes nothing, so it needs no request."""
        keys = (self._control, self.keys.stats, self.keys.dead, self.keys.workers)
        return Command(load("stats"), keys, [], replies.snapshot)

    def configure_tiers(
        self, request: Request, *, tiers: Sequence[str], role: Role
    ) -> Command[Control]:
        """Sets the tiers, or checks them against the queue's (an app)."""
        return self._configure(request, "tiers", role, *tiers)

    def pause(
        self,
        request: Request,
        tiers: Sequence[str],
        paused: bool,  # noqa: FBT001 -- read aloud: pause these tiers, True
    ) -> Command[Control]:
        """A paused tier accepts work and gives none out."""
        return self._configure(request, "pause", int(paused), *tiers)

    def limit(self, request: Request, tier: str, max_length: int | None) -> Command[Control]:
        """Bounds what may wait in a tier, delayed tasks included; None lifts the bound."""
        bound: Wire = "-" if max_length is None else max_length
        return self._configure(request, "limit", tier, bound)

    def drain(
        self,
        request: Request,
        incarnations: Sequence[str],
        drain: bool,  # noqa: FBT001 -- as `pause`
    ) -> Command[Control]:
        """Asks workers, by incarnation, to finish and take nothing more; or takes that back."""
        return self._configure(request, "drain", int(drain), *incarnations)

    def keep(
        self, request: Request, *, done: int | None = None, dead: int | None = None
    ) -> Command[Control]:
        """How many settled (100,000) and dead (10,000) tasks are kept at most; None: as it is."""
        bounds: list[Wire] = ["-" if bound is None else bound for bound in (done, dead)]
        return self._configure(request, "keep", *bounds)

    def hand_back(self, request: Request) -> Command[Control]:
        """What the operator owned is an app's again; nobody is asked to drain any more."""
        return self._configure(request, "hand_back")

    def _configure(
        self,
        request: Request,
        mode: Literal["tiers", "pause", "limit", "drain", "keep", "hand_back"],
        *args: Wire,
    ) -> Command[Control]:
        return self._build("configure", request, (self.keys.stats,), [mode, *args], replies.control)
