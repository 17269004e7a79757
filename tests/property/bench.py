"""Real scripts and model side by side: every step is played on both and the whole state compared.

The server's time during a call is known only as an interval. The model is asked at its beginning,
and if that does not fit, at its end: a rule that depends on time (the age of a head, a grace that
ends) may flip only in between. Everything else has to fit exactly, answers and state.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from giveway.core.keys import BELL, QueueKeys
from giveway.core.task import CheckpointReply, Claimed, ClaimReply, RenewReply, Request
from giveway.errors import CursorError
from giveway.store.command import Command
from giveway.store.commands import Commands
from giveway.store.execute import Store
from giveway.store.refusals import StaleRequest
from tests.property import compare, invariants, raw
from tests.property.coverage import Coverage
from tests.property.model import Queue, Tier
from tests.property.oracle import Oracle
from tests.property.verbs.call import Call, SequenceRefused

TIERS = ("high", "normal", "low")

LEASE_US = 30 * 60 * 1_000_000  # long: a lease ends when the test moves it back (time_travel.py)

# Plays one verb on the model: the queue, the call's circumstances, the real answer.
Play = Callable[[Queue, Call, Any], Any]


@dataclass(slots=True)
class Sent:
    """A command that was answered, kept to be sent again."""

    verb: str
    request: Request
    command: Command[Any]
    answer: Any
    owner: str = ""
    lease: tuple[str, int] | None = None  # of a checkpoint


class Bench:
    """One queue of one run of the machine."""

    def __init__(self, store: Store, client: Any, queue: str, coverage: Coverage) -> None:
        self.store, self.client, self.coverage = store, client, coverage
        self.keys = QueueKeys(queue)
        self.commands = Commands(self.keys)
        self.model = Queue({name: Tier(name) for name in TIERS})
        self.seen = raw.Raw(0)
        self.doubled: frozenset[str] = frozenset()
        self._numbers: dict[str, int] = {}
        self.last: dict[str, Sent] = {}  # requester -> what it sent last
        self.old: list[Sent] = []
        self._rung = 0
        self._bell = client.pubsub()
        self._bell.subscribe(BELL)
        self._bell.get_message(timeout=5)  # the confirmation
        request = self.next_request("setup")
        store.run(self.commands.configure_tiers(request, tiers=TIERS, role="app"))

    def next_request(self, requester: str) -> Request:
        self._numbers[requester] = self._numbers.get(requester, 0) + 1
        return Request(requester, self._numbers[requester])

    def play(
        self,
        verb: str,
        request: Request,
        command: Command[Any],
        play: Play,
        *,
        owner: str = "",
        lease: tuple[str, int] | None = None,
        armed: bool = False,
    ) -> Any:
        """One step on both sides; the answer, which is the same. It is kept to be sent again."""
        answer = self.observe(command, play, owner=owner, armed=armed)
        if answer is CursorError:
            return answer  # nothing was recorded: the request before is still the last
        if (before := self.last.get(request.requester)) is not None:
            self.old.append(before)
        self.last[request.requester] = Sent(verb, request, command, answer, owner, lease)
        return answer

    def retire(self, requester: str) -> None:
        """This requester is gone: nothing it has sent may do anything any more but be repeated."""
        self.last.pop(requester, None)

    def observe(
        self, command: Command[Any], play: Play, *, owner: str = "", armed: bool = False
    ) -> Any:
        """Runs the command, plays the model, compares answers and state."""
        self.coverage.steps += 1
        begin = self._server_time()
        answer = self._run(command)
        self.seen = raw.read(self.client, self.keys.prefix)
        self._listen()
        before = pickle.dumps(self.model)
        problem = None
        for now in (begin, self.seen.now_us):
            self.model = pickle.loads(before)
            claims = getattr(answer, "claimed", ()) or [getattr(answer, "urgent", None)]
            call = Call(now, Oracle(self.seen, [c for c in claims if c]), owner, LEASE_US)
            problem = self._compare(play, call, begin, answer, before, armed)
            if problem is None:
                break
        if problem is not None:
            raise problem
        self._bind_instants(self.seen)
        for verb, outcome in self.model.events:
            self.coverage.met(verb, outcome)
        self.model.events.clear()
        invariants.check(self.seen, excused=self.doubled)
        return answer

    def close(self) -> None:
        self._bell.close()
        for key in self.client.scan_iter(self.keys.prefix + "*", count=1000):
            self.client.delete(key)

    # The two sides of a step

    def _run(self, command: Command[Any]) -> Any:
        try:
            return self.store.run(command)
        except StaleRequest:
            return StaleRequest
        except CursorError:
            return CursorError

    def _compare(
        self,
        play: Play,
        call: Call,
        begin: int,
        answer: Any,
        before: bytes,
        armed: bool,
    ) -> AssertionError | None:
        seen = self.seen
        try:
            expected = self._expected(play, call, answer)
            self._bind_markers(pickle.loads(before), seen, armed=armed)
            real, wanted = _comparable(answer), _comparable(expected)
            assert real == wanted, f"the answer is\n  {real}\nand not\n  {wanted}"
            found = compare.differences(compare.of_redis(seen), compare.of_model(self.model))
            found += self._wrong_instants(seen, window_us=seen.now_us - begin)
            assert not found, "\n".join(["the state differs", *found])
            self._check_bell(pickle.loads(before))
        except AssertionError as problem:
            return problem
        return None

    def _expected(self, play: Play, call: Call, answer: Any) -> Any:
        try:
            return play(self.model, call, answer)
        except SequenceRefused:
            return CursorError

    def _server_time(self) -> int:
        seconds, micros = self.client.time()
        return int(seconds) * 1_000_000 + int(micros)

    def _wrong_instants(self, seen: raw.Raw, *, window_us: int) -> list[str]:
        """An instant that this call wrote lies within the call; every other is as it was."""
        wanted = compare.instants_of_model(self.model)
        found = compare.instants_of_redis(seen, wanted)
        return [
            f"{name}: redis {found[name]}, model {at} (within {window_us})"
            for name, at in wanted.items()
            if abs(found[name] - at) > window_us
        ]

    # The bell

    def _listen(self) -> None:
        """Messages of this call: Redis wrote them to our socket before it answered the look."""
        self._rung = 0
        while (message := self._bell.get_message(ignore_subscribe_messages=True)) is not None:
            self._rung += message["data"].decode() == self.keys.queue

    def _check_bell(self, before: Queue) -> None:
        """Once, if any tier went from nothing claimable to something."""
        was = {name: tier.claimable for name, tier in before.tiers.items()}
        rings = any(t.claimable > 0 >= was.get(t.name, 0) for t in self.model.tiers.values())
        assert self._rung == rings, f"the bell rang {self._rung} times and not {int(rings)}"

    # What only the real side can tell

    def _bind_markers(self, before: Queue, seen: raw.Raw, *, armed: bool) -> None:
        """A tier whose lists have changed has exactly its markers; another may have been left
        alone, for markers that somebody took are missed by nobody until the tier is touched."""
        for tier in self.model.tiers.values():
            old = before.tiers.get(tier.name)
            if old is None or armed or _lists(old) != _lists(tier):
                tier.markers = old.markers if old and tier.parked else tier.wanted_markers
                continue
            members = set(seen.members(f"wake:{tier.name}")) - {"due"}
            if len(members) == tier.wanted_markers:
                tier.markers = tier.wanted_markers

    def _bind_instants(self, seen: raw.Raw) -> None:
        for id_, task in self.model.tasks.items():
            fields = seen.hashes[f"task:{id_}"]
            task.at = int(fields.get("at", b"0"))
            task.ready_at = int(fields.get("ready_at", b"0"))
            task.unknown_since = int(fields.get("unknown_since", b"0"))
        for tier in self.model.tiers.values():
            tier.leases = dict(seen.zsets.get(f"lease:{tier.name}", {}))
            tier.delayed = dict(seen.zsets.get(f"delayed:{tier.name}", {}))
        self.model.dead = dict(seen.zsets.get("dead", {}))
        control = seen.hashes.get("control", {})
        self.model.tick = int(control.get("tick", b"0"))
        self.model.grace = int(control.get("grace", b"0"))


def _lists(tier: Tier) -> tuple[list[bytes], list[bytes], int]:
    return tier.back, tier.ready, tier.ghosts


def _comparable(answer: Any) -> Any:
    """Only whether there is a next due time, a reason to look again, or a wait that began anew:
    when, the model does not know to the microsecond."""
    if isinstance(answer, ClaimReply | RenewReply):
        answer = replace(answer, next_due_us=None if answer.next_due_us is None else 0)
    if isinstance(answer, ClaimReply):
        return replace(answer, claimed=tuple(map(_without_instant, answer.claimed)))
    if isinstance(answer, CheckpointReply):
        assert 0 <= answer.look_again_us <= 1_000
        urgent = answer.urgent and _without_instant(answer.urgent)
        return replace(answer, look_again_us=min(1, answer.look_again_us), urgent=urgent)
    return answer


def _without_instant(claimed: Claimed) -> Claimed:
    return claimed._replace(ready_at_us=int(claimed.ready_at_us > 0))
