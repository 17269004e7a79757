"""Which PriorityQueues there are.

Filled from two sides: by the watch, at once, and by a list that is read beside it, so that a watch
that falls silent costs a minute and no more. Both may tell the same again, late, or out of order.

Invariants: an event that is older than what is known is passed over (versions of one object are
numbers that grow; the API server promises to compare them since 1.35, and etcd has never done
otherwise); a list is what there is, and wins over whatever was known when it was asked for: an etcd
that was restored from a backup goes on from smaller versions; an object that cannot be understood
is known as that, and its fault told.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from giveway_operator.facts import QueueKey
from giveway_operator.model import InvalidResource, PriorityQueue, Problem
from giveway_operator.status import Status
from giveway_operator.status import read as read_status

Document = Mapping[str, Any]

_WHO = ("namespace", "name", "uid", "resourceVersion")


@dataclass(frozen=True, slots=True)
class Known:
    """One resource. `fault`: why it cannot be acted upon; `resource` is None then, and `document`
    what can be read of it.
    """

    key: QueueKey
    uid: str
    version: int
    generation: int
    status: Status
    resource: PriorityQueue | None
    fault: InvalidResource | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class AsOf:
    """What was known when a list was asked for: versions, of those that had gone by their uid."""

    known: Mapping[QueueKey, int]
    gone: Mapping[str, int]


class Register:
    """One for each operator. `changed`: called when a resource is new, has changed, or has gone.

    A status is no change: most are our own.
    """

    def __init__(self, *, changed: Callable[[QueueKey], None] = lambda _: None) -> None:
        self.changed = changed
        self.listed = False  # all of them were told of at least once
        self._known: dict[QueueKey, Known] = {}
        self._gone: dict[str, int] = {}  # uid -> version, so that a late event revives nothing

    def all(self) -> Iterable[Known]:
        """In no order."""
        return list(self._known.values())

    def get(self, key: QueueKey) -> Known | None:
        """As last told of."""
        return self._known.get(key)

    def __len__(self) -> int:
        return len(self._known)

    def put(self, document: Document) -> bool:
        """It is there, and looks like this. Whether that was news."""
        metadata = document["metadata"]
        key = _key(metadata)
        version, uid = _version(metadata), str(metadata.get("uid", ""))
        before = self._known.get(key)
        if self._gone.get(uid, -1) >= version:
            return False
        if before is not None and before.uid == uid and before.version >= version:
            return False
        known = _read(key, uid, version, document, before)
        self._known[key] = known
        if _differ(before, known):
            self.changed(key)
        return True

    def remove(self, document: Document) -> bool:
        """It has gone. Whether that was news."""
        metadata = document["metadata"]
        key, uid = _key(metadata), str(metadata.get("uid", ""))
        before = self._known.get(key)
        self._bury(uid, _version(metadata))
        if before is None or before.uid != uid:
            return False
        del self._known[key]
        self.changed(key)
        return True

    def replace(self, documents: Iterable[Document], *, as_of: AsOf) -> int:
        """These are all. How many changes nobody had told of: a status that was written a moment
        before the list is in it earlier than the watch tells of it.

        `as_of`: what was known when the list was asked for; what came or changed since is newer
        than the list.
        """
        listed, news = set(), 0
        for document in documents:
            listed.add(_key(document["metadata"]))
            self._forget_newer(document["metadata"], as_of)
            before = self._known.get(_key(document["metadata"]))
            if "spec" in document and self.put(document):
                news += _differ(before, self._known[_key(document["metadata"])])
        for key, version in as_of.known.items():
            known = self._known.get(key)
            if known is not None and key not in listed and known.version == version:
                self._bury(known.uid, known.version)
                del self._known[key]
                self.changed(key)
                news += 1
        return news

    def brief(self, document: Document) -> Document:
        """What `replace` needs of it: of one that is known as it is, that it is there."""
        metadata = document["metadata"]
        known = self._known.get(_key(metadata))
        if known is None or (known.uid, known.version) != (
            metadata.get("uid"),
            _version(metadata),
        ):
            return document
        return {"metadata": {name: metadata[name] for name in _WHO}}

    def as_of(self) -> AsOf:
        """As of now, for `replace`."""
        known = {key: known.version for key, known in self._known.items()}
        return AsOf(known, dict(self._gone))

    def _forget_newer(self, metadata: Mapping[str, Any], as_of: AsOf) -> None:
        """Whatever was known before the list and claims to be newer than it: etcd has gone back."""
        key, version, uid = _key(metadata), _version(metadata), str(metadata.get("uid", ""))
        if uid in self._gone and as_of.gone.get(uid) == self._gone[uid]:
            del self._gone[uid]
        known = self._known.get(key)
        if known is not None and known.version > version and as_of.known.get(key) == known.version:
            # Its generations may have been given to other contents since.
            self._known[key] = replace(known, version=-1, generation=-1)

    def _bury(self, uid: str, version: int) -> None:
        self._gone[uid] = version
        while len(self._gone) > 1000:
            del self._gone[next(iter(self._gone))]


def _differ(before: Known | None, now: Known) -> bool:
    """In more than their status."""
    if before is None or before.uid != now.uid:
        return True
    return now.resource is not before.resource or now.fault is not before.fault


def _read(key: QueueKey, uid: str, version: int, document: Document, before: Known | None) -> Known:
    generation = int(document["metadata"].get("generation", 0))
    status = read_status(document.get("status") or {})
    if before is not None and before.uid == uid and _same(before, document, generation):
        return Known(key, uid, version, generation, status, before.resource, before.fault)
    try:
        resource = PriorityQueue.parse({**document, "status": {}})
        _ = resource.pause, resource.dry_run  # annotations may hold anything
    except InvalidResource as fault:
        return Known(key, uid, version, generation, status, None, fault, document)
    except ValueError as error:
        problem = InvalidResource([Problem("metadata.annotations", str(error))])
        return Known(key, uid, version, generation, status, None, problem, document)
    return Known(key, uid, version, generation, status, resource)


def _same(before: Known, document: Document, generation: int) -> bool:
    """Whether nothing but the status can have changed."""
    metadata = document["metadata"]
    if before.generation != generation or before.resource is None:
        return False
    known = before.resource.metadata
    return (
        known.annotations == (metadata.get("annotations") or {})
        and known.labels == (metadata.get("labels") or {})
        and known.deletion_timestamp == metadata.get("deletionTimestamp")
    )


def _key(metadata: Mapping[str, Any]) -> QueueKey:
    return QueueKey(str(metadata.get("namespace", "")), str(metadata["name"]))


def _version(metadata: Mapping[str, Any]) -> int:
    found = str(metadata.get("resourceVersion", "0"))
    return int(found) if found.isdigit() else 0
