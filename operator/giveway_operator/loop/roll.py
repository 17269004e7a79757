"""The entries of all resources, and what follows from all resources together: rivals, siblings."""

from collections.abc import Iterator, Mapping

from giveway.clock import monotonic
from giveway_operator.decision import Memory
from giveway_operator.endpoints.identity import place_of
from giveway_operator.endpoints.source import WatchedQueue
from giveway_operator.facts import QueueKey
from giveway_operator.loop.entry import Entry
from giveway_operator.loop.register import Known, Register
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Rivals
from giveway_operator.rivals import Claim, places, rivals, target
from giveway_operator.status import Status

_NONE = Rivals()


class Roll:
    """One for each operator. `call` brings it up to date with the register."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._entries: dict[QueueKey, tuple[Entry, Known]] = {}
        self._claims: tuple[Claim, ...] = ()
        self._rivals: Mapping[QueueKey, Rivals] = {}

    def call(self) -> list[tuple[Entry, PriorityQueue]]:
        """Who has gone since the last call: each with the resource it last had.

        A resource that names another queue or Deployment has gone from where it was: what was given
        there is taken back, and what is remembered of it says nothing of the new place.
        """
        gone, before = [], len(self._entries)
        for key, (entry, _) in list(self._entries.items()):
            now = self._register.get(key)
            if now is None or now.uid != entry.uid or _ending(now) or _has_moved(entry, now):
                del self._entries[key]
                if entry.claim is not None:
                    gone.append((entry, entry.claim[0]))
        fewer = len(self._entries) < before
        changed = [self._take(known) for known in self._register.all() if not _ending(known)]
        if fewer or any(changed):
            self._compare()
        return gone

    def locate(self) -> None:
        """Compare anew if Secrets lead elsewhere than before: after each look, before the turns."""
        entries = [entry for entry, _ in self._entries.values()]
        if any(_is_elsewhere(entry) for entry in entries):
            self._compare()

    def _compare(self) -> None:
        self._claims = tuple(_claim(entry, known) for entry, known in self._entries.values())
        self._rivals = rivals(self._claims)

    def _take(self, known: Known) -> bool:
        """Whether it is another resource than before."""
        there = self._entries.get(known.key)
        if there is None:
            entry = Entry(known.key, known.uid, Memory(since=monotonic()), charged=_acts(known))
            self._entries[known.key] = (entry, known)
            return True
        entry, before = there
        if known.version < before.version:  # etcd has gone back: what we remember was not yet
            entry = Entry(
                known.key,
                known.uid,
                Memory(since=monotonic()),
                charged=entry.charged,
                acting=entry.acting,
            )
        self._entries[known.key] = (entry, known)
        if before.resource is known.resource:
            return False
        entry.charged = entry.charged or _acts(known)
        entry.backoff.over()  # what was wrong may have been mended
        return True

    def __iter__(self) -> Iterator[tuple[Entry, PriorityQueue]]:
        """All that can be acted upon."""
        for entry, known in list(self._entries.values()):
            if known.resource is not None:
                yield entry, known.resource

    def last_known(self) -> Iterator[tuple[Entry, PriorityQueue]]:
        """All, those that cannot be acted upon as they last could."""
        for entry, known in list(self._entries.values()):
            if known.resource is not None:
                yield entry, known.resource
            elif entry.claim is not None:
                yield entry, entry.claim[0]

    def faulty(self) -> Iterator[tuple[Entry, Known]]:
        """Those that cannot."""
        for entry, known in list(self._entries.values()):
            if known.fault is not None:
                yield entry, known

    def get(self, key: QueueKey) -> tuple[Entry, PriorityQueue] | None:
        """One that can be acted upon."""
        found = self._entries.get(key)
        if found is None or found[1].resource is None:
            return None
        return found[0], found[1].resource

    def is_there(self, gone: PriorityQueue) -> bool:
        """Whether this very resource is there after all, be it one that cannot be acted upon."""
        found = self._entries.get(gone.key)
        return found is not None and found[0].uid == gone.metadata.uid

    def has_moved(self, gone: PriorityQueue) -> bool:
        """Whether it is there and names another queue or Deployment than it did."""
        found = self.get(gone.key)
        if found is None or not self.is_there(gone):
            return False
        now = found[1]
        return (places(now), target(now)) != (places(gone), target(gone))

    def charge(self, found: PriorityQueue) -> None:
        """An operator before us has acted for this very resource. If it cannot be read by now, it
        was as it is found: so it is taken back when it goes.
        """
        entry, _ = self._entries[found.key]
        entry.charged = True
        if entry.claim is None:
            entry.claim = (found, Claim.of(found))

    def charged(self) -> list[PriorityQueue]:
        """All that were acted for, as they last were; also those that cannot be read by now."""
        entries = [entry for entry, _ in self._entries.values()]
        return [entry.claim[0] for entry in entries if entry.charged and entry.claim is not None]

    def resource(self, entry: Entry) -> PriorityQueue:
        """As it is now. Raises `KeyError` when it has gone."""
        resource = self._entries[entry.key][1].resource
        if resource is None:
            raise KeyError(entry.key)
        return resource

    def status(self, entry: Entry) -> Status:
        """As it stands: what we wrote last, or what was there."""
        if entry.written is not None:
            return entry.written
        found = self._register.get(entry.key)
        return Status() if found is None else found.status

    def rivals(self, key: QueueKey) -> Rivals:
        """Of one resource."""
        return self._rivals.get(key, _NONE)

    def is_declared(self, gone: PriorityQueue, *, where: WatchedQueue | None = None) -> bool:
        """Whether another resource declares the same queue. Who is in a dry run keeps nothing."""
        return any(claim.acts for claim in self._of_queue(gone, where))

    def beside(self, gone: PriorityQueue, *, where: WatchedQueue | None = None) -> list[Entry]:
        """The resources that declare the same queue and can be acted upon, its own one included."""
        found = (self.get(claim.key) for claim in self._of_queue(gone, where))
        return [one[0] for one in found if one is not None]

    def _of_queue(self, gone: PriorityQueue, where: WatchedQueue | None) -> Iterator[Claim]:
        there = set(places(gone, None if where is None else place_of(where)))
        return (claim for claim in self._claims if there & set(claim.places))

    def is_scaled(self, gone: PriorityQueue) -> bool:
        """Whether another resource scales the same Deployment."""
        return any(claim.acts and claim.target == target(gone) for claim in self._claims)

    def led(self) -> None:
        """We lead from now on: what another operator wrote meanwhile counts."""
        for entry, _ in self._entries.values():
            entry.written, entry.told, entry.settled = None, None, False

    def __len__(self) -> int:
        return len(self._entries)


def _acts(known: Known) -> bool:
    return known.resource is not None and not known.resource.dry_run


def _ending(known: Known) -> bool:
    """Somebody's finalizer holds a resource that was deleted: to us it has gone."""
    return known.resource is not None and known.resource.metadata.deletion_timestamp is not None


def _has_moved(entry: Entry, now: Known) -> bool:
    if entry.claim is None or now.resource is None:
        return False
    there = entry.claim[1]
    (by_secret,) = places(now.resource)
    return (there.places[0], there.target) != (by_secret, target(now.resource))


def _is_elsewhere(entry: Entry) -> bool:
    if entry.claim is None:
        return False
    known = entry.watched is None or entry.watched is entry.placed
    return not known or entry.claim[1].sought != entry.sought


def _claim(entry: Entry, known: Known) -> Claim:
    """Where its Secret led last counts while that cannot be read."""
    if entry.watched is not None and entry.watched is not entry.placed:
        entry.placed, entry.place = entry.watched, place_of(entry.watched)
    if known.resource is None:
        return Claim.of_invalid(entry.key, known.document or {}, where=entry.place)
    if entry.claim is None or entry.claim[0] is not known.resource or _is_old(entry):
        made = Claim.of(known.resource, where=entry.place, sought=entry.sought)
        entry.claim = (known.resource, made)
    return entry.claim[1]


def _is_old(entry: Entry) -> bool:
    assert entry.claim is not None
    claim = entry.claim[1]
    led = entry.place is None or entry.place in claim.places
    return not led or claim.sought != entry.sought
