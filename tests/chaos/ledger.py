"""Replays the history into a model of the queue of its own, and says where a promise was broken.

The promises have the numbers of docs/protocol.md. Checked at every transaction: S1 (in exactly one
place), S2 (only the owner writes, under its fence), S3 (fences grow), S4 (settled once), S5 (strict
order at each claim), S6 (what is claimed is the head), S7 (the place in a batch only grows), S11
(what moved work left as many markers as work waits, 16 at most), S14 (the counters add up). Nothing
of Giveway's own code is asked.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from giveway.core.keys import QueueKeys
from tests.chaos.history import Command
from tests.chaos.story import HELD, SETTLED, Claim, Story

MARKERS = 16
_MOST = 200  # complaints; more help nobody


@dataclass(frozen=True, slots=True)
class Complaint:
    """What does not hold, and of which task."""

    text: str
    id: str = ""


class Ledger:
    """Feed it with every transaction, in order."""

    def __init__(self, keys: QueueKeys, tiers: tuple[str, ...]) -> None:
        self._prefix = keys.prefix.encode()
        self._tiers = tiers
        self.stories: dict[str, Story] = {}
        self.complaints: list[Complaint] = []
        self.counters: Counter[tuple[str, str]] = Counter()
        self.settlements: Counter[str] = Counter()
        self.lists: dict[str, deque[str]] = {
            f"{kind}:{tier}": deque() for tier in tiers for kind in ("back", "tier")
        }
        self._members: dict[str, set[str]] = defaultdict(set)
        self.transactions = 0
        self.claims = 0
        self._touched: dict[str, Story] = {}
        self._claimed: set[str] = set()
        self._popped: list[str] = []
        self._deleted: set[str] = set()
        self._moved: set[str] = set()  # tiers whose lists have changed
        self._acts: dict[bytes, Callable[[str, Command], None]] = {
            b"HSET": self._hset,
            b"HINCRBY": self._hincrby,
            b"RPUSH": self._push,
            b"LPUSH": self._push,
            b"LTRIM": self._ltrim,
            b"LPOP": self._unexpected,
            b"LREM": self._unexpected,
            b"LSET": self._unexpected,
            b"ZADD": self._zadd,
            b"ZREM": self._zrem,
            b"ZPOPMIN": self._zpopmin,
            b"BZPOPMIN": self._zpopmin,
            b"ZREMRANGEBYRANK": self._zremrange,
            b"DEL": self._gone,
            b"UNLINK": self._gone,
        }

    def counter(self, name: str) -> int:
        """Over all tiers."""
        return sum(self.counters[tier, name] for tier in self._tiers)

    def take(self, writes: Iterable[Command]) -> None:
        """One transaction more."""
        for command in writes:
            key = command[1]
            act = self._acts.get(command[0].upper())
            if act is not None and key.startswith(self._prefix):
                act(key[len(self._prefix) :].decode(), command)
        self._close()
        self.transactions += 1

    def complain(self, text: str, id: str = "") -> None:
        if len(self.complaints) < _MOST:
            self.complaints.append(Complaint(f"transaction {self.transactions}: {text}", id))

    # -- at the end of each transaction ------------------------------------------------------

    def _close(self) -> None:
        if self._claimed != set(self._popped) or len(self._claimed) != len(self._popped):
            odd = self._claimed.symmetric_difference(self._popped)
            self.complain(f"claimed and taken off a list are not the same: {odd}", *sorted(odd)[:1])
        for id in self._deleted:
            if self.stories[id].state not in SETTLED:
                self.complain(f"{id} was deleted before it was settled", id)
        tiers = set()
        for id, story in self._touched.items():
            tiers.add(story.tier)
            if wrong := story.place:
                self.complain(f"S1: {id}: {wrong}", id)
        for tier in tiers:
            self._add_up(tier)
        for tier in self._moved:
            waits = sum(len(self.lists[f"{kind}:{tier}"]) for kind in ("back", "tier"))
            markers = len(self._members[f"wake:{tier}"] - {"due"})
            if markers != min(MARKERS, waits):
                self.complain(f"S11: {markers} markers of {tier}, where {waits} wait")
        self._moved.clear()
        self._touched.clear()
        self._claimed.clear()
        self._popped.clear()
        self._deleted.clear()

    def _add_up(self, tier: str) -> None:
        count = self.counters
        came = count[tier, "enqueued"] + count[tier, "adopted"] + count[tier, "redriven"]
        ended = count[tier, "done"] + count[tier, "dead"] + count[tier, "cancelled"]
        here = sum(len(self.lists[f"{kind}:{tier}"]) for kind in ("back", "tier"))
        here += len(self._members[f"delayed:{tier}"]) + len(self._members[f"lease:{tier}"])
        if came != ended + here:
            self.complain(f"S14: {came} came to {tier}, {ended} ended and {here} are there")

    def _story(self, id: str) -> Story:
        story = self.stories.get(id)
        if story is None:
            self.complain(f"{id} is moved before it was written", id)
            story = self.stories[id] = Story(id, self._tiers[0], "?", b"")
        self._touched[id] = story
        return story

    # -- commands ----------------------------------------------------------------------------

    def _hset(self, key: str, command: Command) -> None:
        if not key.startswith("task:"):
            return
        fields = dict(zip(command[2::2], command[3::2], strict=True))
        id = key[5:]
        if id not in self.stories:
            tier, name = fields.get(b"tier", b"?").decode(), fields.get(b"name", b"?").decode()
            payload = fields.get(b"payload", b"")
            self.stories[id] = Story(id, tier, name, payload)
        story = self._story(id)
        self._deleted.discard(id)
        run = fields.get(b"run")
        if run is not None:
            state, fence, owner, _ = run.decode().split(":")
            self._turn(story, state, int(fence), owner, fields)
        if b"cursor_seq" in fields:
            sequence = int(fields[b"cursor_seq"])
            if sequence <= story.sequence:
                self.complain(f"S7: {id}: place {sequence} after {story.sequence}", id)
            story.sequence = sequence

    def _turn(
        self, story: Story, state: str, fence: int, owner: str, fields: dict[bytes, bytes]
    ) -> None:
        """Its `run` was written."""
        id, before = story.id, story.state
        # A renewal writes "c" too, for what is finished but not reported: its fence stays.
        if state == "c" and (before not in HELD or fence != story.fence):
            if before != "w" or fence <= story.fence:
                self.complain(f"S3: {id}: claimed in {before} as {fence} after {story.fence}", id)
            self._claimed.add(id)
            self.claims += 1
            story.claims.append(Claim(fence, owner, story.tier, self.transactions))
        elif before in HELD and fence != story.fence:
            self.complain(f"S2: {id}: {state} under {fence}, held under {story.fence}", id)
        elif state in HELD and owner != story.claims[-1].owner:
            self.complain(f"S2: {id}: {state} by {owner}, held by {story.claims[-1].owner}", id)
        if before in SETTLED:
            self.complain(f"S4: {id}: {state} under {fence} after {before}", id)
        if state in SETTLED:
            story.settled += 1
            self.settlements[state] += 1
        if state not in HELD:
            story.ended(_how(state, fields))
        story.state, story.fence = state, fence

    def _hincrby(self, key: str, command: Command) -> None:
        if key == "stats":
            tier, _, name = command[2].decode().partition(":")
            self.counters[tier, name] += int(command[3])

    def _push(self, key: str, command: Command) -> None:
        queue = self.lists.get(key)
        if queue is None:
            return
        self._moved.add(key.partition(":")[2])
        for word in command[2:]:
            id = word.decode()
            (queue.append if command[0].upper() == b"RPUSH" else queue.appendleft)(id)
            self._story(id).listed += 1

    def _ltrim(self, key: str, command: Command) -> None:
        queue = self.lists.get(key)
        if queue is None:
            return
        self._moved.add(key.partition(":")[2])
        for urgent, waiting in self.lists.items():
            if urgent == key:
                break
            if waiting:
                self.complain(
                    f"S5: a claim from {key} although {len(waiting)} wait in {urgent}", waiting[0]
                )
        if command[3] != b"-1" or int(command[2]) > len(queue):
            self.complain(f"{key} with {len(queue)} entries was cut by {command!r}")
        for _ in range(min(int(command[2]), len(queue))):
            id = queue.popleft()
            self._popped.append(id)
            self._story(id).listed -= 1

    def _zadd(self, key: str, command: Command) -> None:
        kind = key.partition(":")[0]
        if kind == "wake":
            self._members[key].update(word.decode() for word in command[3::2])
        if kind not in ("lease", "delayed"):
            return
        for word in command[3::2]:
            id = word.decode()
            if id not in self._members[key]:
                self._members[key].add(id)
                self._move(kind, id, 1)

    def _zpopmin(self, key: str, command: Command) -> None:
        """A consumer was woken."""
        self._members[key].discard(min(self._members[key], default=""))

    def _zremrange(self, key: str, command: Command) -> None:
        if key.startswith("wake:"):
            first, last = int(command[2]), int(command[3])
            self._members[key] -= set(sorted(self._members[key])[first : last + 1])

    def _zrem(self, key: str, command: Command) -> None:
        kind = key.partition(":")[0]
        if kind == "wake":
            self._members[key] -= {word.decode() for word in command[2:]}
        if kind not in ("lease", "delayed"):
            return
        for word in command[2:]:
            id = word.decode()
            if id in self._members[key]:
                self._members[key].discard(id)
                self._move(kind, id, -1)

    def _move(self, kind: str, id: str, by: int) -> None:
        story = self._story(id)
        if kind == "lease":
            story.leased += by
        else:
            story.delayed += by

    def _gone(self, key: str, command: Command) -> None:
        """A list that was emptied by LTRIM is gone by itself, so what is left here are tasks."""
        for word in command[1:]:
            name = word[len(self._prefix) :].decode()
            queue = self.lists.get(name)
            if queue:
                self.complain(f"{name} was deleted with {len(queue)} entries", queue[0])
            if name.startswith("task:") and name[5:] in self.stories:
                self._deleted.add(name[5:])

    def _unexpected(self, key: str, command: Command) -> None:
        if key in self.lists:
            self.complain(f"{command!r}: nothing but a claim takes work off a list")


def _how(state: str, fields: dict[bytes, bytes]) -> str:
    """How a time in hand ended, read off what was written with it."""
    if state in SETTLED:
        return {"d": "done", "x": "dead", "k": "cancelled"}[state]
    for field, word in ((b"attempts", "retry"), (b"crashes", "crash"), (b"losses", "lost")):
        if field in fields:
            return word
    return "yield" if b"yields" in fields else "back"
