"""The Lease object as it is read and written; when to do which is `lease`'s.

Every write names the `resourceVersion` it is based on: whoever comes second gets a `Conflict`.
`renewTime` is a MicroTime: exactly six digits behind the point, and a Z; it is for people.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from giveway.clock import wall
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import NotFound
from giveway_operator.cluster.kinds import LeaseObject


@dataclass(frozen=True, slots=True)
class Held:
    """What was seen in the Lease. `version`: "" if it is not there any more."""

    holder: str
    version: str
    duration_seconds: float
    transitions: int = 0


class LeaseRecord:
    """One Lease object, written as one identity."""

    def __init__(
        self, api: Api, *, namespace: str, name: str, identity: str, duration_seconds: float
    ) -> None:
        self._api = api
        self._namespace, self._name, self._identity = namespace, name, identity
        self._duration = max(1, round(duration_seconds))

    async def look(self) -> Held | None:
        """What it says, None if there is none."""
        try:
            return _held(await self._api.get(LeaseObject, self._name, namespace=self._namespace))
        except NotFound:
            return None

    async def renew(self, seen: Held) -> Held:
        """Ours for another while. Raises `Conflict` if it is somebody else's by now."""
        return await self._write(seen.version, {"renewTime": _now()})

    async def take(self, seen: Held | None) -> Held:
        """Make it ours; made if there is none. Raises `Conflict` if somebody was quicker."""
        transitions = seen.transitions + 1 if seen is not None else 0
        spec: dict[str, object] = {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": self._duration,
            "acquireTime": (now := _now()),
            "renewTime": now,
            "leaseTransitions": transitions,
        }
        if seen is not None and seen.version:
            return await self._write(seen.version, spec)
        body = {"metadata": {"name": self._name}, "spec": spec}
        return _held(await self._api.create(LeaseObject, body, namespace=self._namespace))

    async def release(self, seen: Held) -> None:
        """Nobody's: a successor need not wait."""
        await self._write(
            seen.version,
            {"holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": _now()},
        )

    async def _write(self, version: str, spec: dict[str, object]) -> Held:
        body = {"metadata": {"resourceVersion": version}, "spec": spec}
        return _held(
            await self._api.merge(LeaseObject, self._name, body, namespace=self._namespace)
        )


def _held(lease: LeaseObject) -> Held:
    version = (lease.metadata.resourceVersion if lease.metadata else None) or ""
    spec = lease.spec
    if spec is None:
        return Held(holder="", version=version, duration_seconds=0)
    return Held(
        holder=spec.holderIdentity or "",
        version=version,
        duration_seconds=float(spec.leaseDurationSeconds or 0),
        transitions=spec.leaseTransitions or 0,
    )


def _now() -> str:
    return datetime.fromtimestamp(wall(), tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
