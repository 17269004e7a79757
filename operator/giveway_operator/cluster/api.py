"""Asks the API server: the one way in which everything else of the operator talks to it.

Problem: lightkube sends once. A busy server (429, 5xx), a connection that breaks and a server that
accepts and never answers must neither end a loop nor hold it up, and whatever goes wrong has to
reach a condition in words that tell what to do.

Model: verbs over lightkube's kinds; each request is tried within a `Patience` (`sender`), what is
left of it is one error of `errors`. A conflict is never retried here: only the caller knows what
to read again.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from lightkube.core.resource import NamespacedResource, NamespacedSubResource, api_info
from lightkube.types import PatchType

from giveway_operator.cluster import client as connection
from giveway_operator.cluster.errors import Asked, Gone
from giveway_operator.cluster.patience import DEFAULT, Patience
from giveway_operator.cluster.sender import Counted, Sender, uncounted

R = TypeVar("R", bound=NamespacedResource)
S = TypeVar("S", bound=NamespacedResource | NamespacedSubResource)
Body = Mapping[str, object]

MANAGER = "giveway"
PAGE = 100  # objects; each is 30 kB while it is read, and what a list took at its peak stays taken


def _anything(_: object) -> bool:
    return True


class Api:
    """One API server. Made by `connect`, closed by `close`; `fenced` and `apart` are views."""

    def __init__(self, client: connection.Client, *, sender: Sender) -> None:
        self._client = client
        self._sender = sender

    @classmethod
    def connect(
        cls,
        *,
        kubeconfig: Path | None = None,
        context: str | None = None,
        counted: Counted = uncounted,
        patience: Patience = DEFAULT,
        at_once: int = 32,
    ) -> "Api":
        """The cluster we run in, else the kubeconfig's; nothing is sent yet.

        `at_once`: requests in flight, also those of `fenced` views. Raises `ConfigurationError`.
        """
        client = connection.connect(
            kubeconfig=kubeconfig, context=context, timeout_seconds=patience.attempt_seconds
        )
        room = asyncio.Semaphore(at_once)
        return cls(client, sender=Sender(counted=counted, patience=patience, room=room))

    def fenced(self, remaining_seconds: Callable[[], float]) -> "Api":
        """The same server, written to only while `remaining_seconds()` (of a Lease) is above 0."""
        return Api(self._client, sender=dataclasses.replace(self._sender, fence=remaining_seconds))

    def apart(self, patience: Patience, *, at_once: int = 4) -> "Api":
        """The same server, tried for another time, and not behind the others' requests."""
        room = asyncio.Semaphore(at_once)
        sender = dataclasses.replace(self._sender, patience=patience, room=room)
        return Api(self._client, sender=sender)

    async def close(self) -> None:
        """Close the connections, those of all views."""
        await self._client.close()

    async def get(self, res: type[S], name: str, *, namespace: str) -> S:
        """Read one object. Raises `NotFound`."""
        asked = _asked("get", res, namespace, name)
        return await self._sender.send(
            asked, lambda: self._client.get(res, name, namespace=namespace)
        )

    async def list_all(
        self,
        res: type[R],
        *,
        namespace: str | None,
        labels: str = "",
        where: Callable[[R], bool] = _anything,
    ) -> list[R]:
        """All objects, page by page. `namespace` None: of all namespaces.

        `labels`: a selector as kubectl's `-l` takes it; "" fits all. `where`: what is kept of a
        page: a thousand Deployments are ten megabytes, and mostly fifty are of interest.
        """
        try:
            return await self._all(res, namespace, labels, where)
        except Gone:  # the pages outlived what the server keeps: once more from the start
            return await self._all(res, namespace, labels, where)

    async def pages(
        self, res: type[R], *, namespace: str | None, labels: str = ""
    ) -> AsyncIterator[list[R]]:
        """The same, a page at a time. Raises `Gone` if they outlived what the server keeps."""
        asked = _asked("list", res, namespace or "", "")
        after: str | None = None
        while True:
            page, after = await self._sender.send(
                asked,
                lambda token=after: self._client.page(  # type: ignore[misc]
                    res, namespace=namespace, labels=labels, limit=PAGE, after=token
                ),
            )
            yield page
            if after is None:
                return

    async def apply(
        self,
        res: type[S],
        name: str,
        body: Body,
        *,
        namespace: str,
        manager: str = MANAGER,
        force: bool = True,
    ) -> S:
        """Server-side apply: make it so; what `manager` no longer names is removed."""
        return await self._patch(
            res, name, body, PatchType.APPLY, namespace=namespace, manager=manager, force=force
        )

    async def merge(self, res: type[S], name: str, body: Body, *, namespace: str) -> S:
        """JSON merge patch. With a `resourceVersion` in it a stale one is a `Conflict`."""
        return await self._patch(
            res, name, body, PatchType.MERGE, namespace=namespace, manager=MANAGER
        )

    async def create(self, res: type[R], body: Body, *, namespace: str) -> R:
        """Make an object.

        Raises `AlreadyExists`; so it does if an attempt got through and its answer did not.
        """
        asked = _asked("create", res, namespace, "")
        return await self._sender.send(
            asked,
            lambda: self._client.create_from(res, dict(body), namespace=namespace, manager=MANAGER),
            write=True,
        )

    async def delete(self, res: type[R], name: str, *, namespace: str, uid: str) -> None:
        """Delete the object if it is still this one. Raises `Conflict` if it is another by now."""
        asked = _asked("delete", res, namespace, name)
        await self._sender.send(
            asked,
            lambda: self._client.delete_exactly(res, name, namespace=namespace, uid=uid),
            write=True,
        )

    async def _patch(
        self,
        res: type[S],
        name: str,
        body: Body,
        kind: PatchType,
        *,
        namespace: str,
        manager: str,
        force: bool = False,
    ) -> S:
        return await self._sender.send(
            _asked("patch", res, namespace, name),
            lambda: self._client.patch(
                res,
                name,
                dict(body),
                namespace=namespace,
                patch_type=kind,
                field_manager=manager,
                force=force,
            ),
            write=True,
        )

    async def _all(
        self, res: type[R], namespace: str | None, labels: str, where: Callable[[R], bool]
    ) -> list[R]:
        pages = self.pages(res, namespace=namespace, labels=labels)
        return [one async for page in pages for one in page if where(one)]


def _asked(verb: str, res: type[Any], namespace: str, name: str) -> Asked:
    info = api_info(res)
    resource = f"{info.plural}/{info.action}" if info.action else info.plural
    group = (info.parent or info.resource).group
    return Asked(verb=verb, group=group, resource=resource, namespace=namespace, name=name)
