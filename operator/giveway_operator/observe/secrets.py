"""Where a queue's Redis is: the contents of Secrets that its resource names.

Read by name, in the resource's own namespace. A Secret that many queues name is read once for all
of them. Nothing of it is ever logged or put into a message; names and keys are.
"""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from giveway.clock import monotonic
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError, NotFound
from giveway_operator.cluster.kinds import Secret
from giveway_operator.model import PriorityQueue
from giveway_operator.model.spec import CaKey, PasswordKey, UrlKey

_FRESH_SECONDS = 2.0
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Contents:
    """What a resource's Secrets hold. `ca`: PEM. No repr: it ends up in a log one day."""

    url: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    ca: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Unread:
    """The Secret, its key or the right to it is missing; or the API server does not answer.

    `why`: a word for conditions (`SecretNotFound`, `SecretKeyMissing`, `SecretNotText`,
    `Forbidden`, `Unreachable`, …).
    """

    why: str
    message: str


class _Lacking(Exception):
    """The Secret does not say it."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.message)
        self.unread = unread


class Secrets:
    """Reads Secrets by name. What was read counts for `keep_seconds`."""

    def __init__(self, api: Api, *, keep_seconds: float = 60.0) -> None:
        self._api = api
        self._keep_seconds = keep_seconds
        self._known: dict[tuple[str, str], tuple[float, Mapping[str, str]]] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def read(self, resource: PriorityQueue, *, fresh: bool = False) -> Contents | Unread:
        """`fresh`: as of now (two seconds at most), as when Redis refuses the password we have."""
        redis, namespace = resource.spec.redis, resource.key.namespace
        seconds = _FRESH_SECONDS if fresh else self._keep_seconds
        try:
            url = await self._value(namespace, redis.secret, "secret", seconds)
            password = await self._value(
                namespace, redis.password_secret, "passwordSecret", seconds
            )
            ca = await self._value(namespace, redis.ca_secret, "caSecret", seconds)
        except _Lacking as lacking:
            return lacking.unread
        except ClusterError as error:
            return Unread(error.word, str(error))
        assert url is not None, "the URL's Secret is not optional"
        return Contents(url=url.strip(), password=password, ca=ca)

    async def _value(
        self,
        namespace: str,
        reference: UrlKey | PasswordKey | CaKey | None,
        field_name: str,
        seconds: float,
    ) -> str | None:
        if reference is None:
            return None
        place = f"spec.redis.{field_name}: Secret {reference.name} in namespace {namespace}"
        try:
            data = await self._data(namespace, reference.name, seconds)
        except NotFound:
            raise _Lacking(Unread("SecretNotFound", f"{place} is not there: make it")) from None
        if reference.key not in data:
            there = ", ".join(sorted(data)) or "none"
            message = f"{place} has no key {reference.key} (its keys: {there})"
            raise _Lacking(Unread("SecretKeyMissing", message))
        try:
            return base64.b64decode(data[reference.key], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            message = f"{place}: key {reference.key} is not text"
            raise _Lacking(Unread("SecretNotText", message)) from None

    async def _data(self, namespace: str, name: str, seconds: float) -> Mapping[str, str]:
        place = (namespace, name)
        async with self._locks.setdefault(place, asyncio.Lock()):
            at, data = self._known.get(place, (0.0, {}))
            if place in self._known and monotonic() - at < seconds:
                return data
            at = monotonic()
            self._known.pop(place, None)
            secret = await self._api.get(Secret, name, namespace=namespace)
            self._keep(place, at, secret.data or {})
            return secret.data or {}

    def _keep(self, place: tuple[str, str], at: float, data: Mapping[str, str]) -> None:
        """The one that was read longest ago goes when there are too many."""
        self._known[place] = (at, data)
        if len(self._known) > _KEPT:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._locks.pop(oldest, None)
