"""lightkube's client with three things that it lacks, and where its configuration comes from.

lightkube cannot delete an object by its uid; cannot read a single page of a list, so that a page
that failed could be asked for again; and makes an object from its own classes only, which write an
instant without digits behind the point where the API server wants six. Here is the only place that
knows its insides; retries, errors and counting are `api`'s.
"""

import os
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from lightkube import AsyncClient
from lightkube.config.kubeconfig import SERVICE_ACCOUNT, KubeConfig, SingleConfig
from lightkube.core.exceptions import ConfigError
from lightkube.core.generic_client import ALL_NS
from lightkube.core.resource import NamespacedResource

from giveway.errors import ConfigurationError

_ACCOUNT = SERVICE_ACCOUNT  # the folder that the kubelet mounts into every pod

R = TypeVar("R", bound=NamespacedResource)


class Client(AsyncClient):
    """One connection pool to one API server."""

    async def page(
        self,
        res: type[NamespacedResource],
        *,
        namespace: str | None,
        labels: str,
        limit: int,
        after: str | None,
    ) -> tuple[list[Any], str | None]:
        """One page of a list, and the token of the next (None: that was all)."""
        request = self._client.prepare_request(
            "list",
            res=res,
            namespace=namespace or ALL_NS,
            params={
                "limit": limit,
                "labelSelector": labels or None,
                "continue": after,
            },
        )
        answer = await self._client.send(self._client.build_adapter_request(request))
        more, _, items = self._client.handle_response("list", answer, request)
        return items, request.params["continue"] if more else None

    async def create_from(
        self, res: type[R], body: dict[str, object], *, namespace: str, manager: str
    ) -> R:
        """Make an object from what it looks like as JSON."""
        request = self._client.prepare_request(
            "list", res=res, namespace=namespace, params={"fieldManager": manager}
        )
        request.method, request.data = "POST", body
        answer = await self._client.send(self._client.build_adapter_request(request))
        made: R = self._client.handle_response("post", answer, request)
        return made

    async def delete_exactly(
        self, res: type[NamespacedResource], name: str, *, namespace: str, uid: str
    ) -> None:
        """Delete the object of this name if it is the one with this uid, else 409."""
        request = self._client.prepare_request(
            "delete", res=res, name=name, namespace=namespace, params={}
        )
        request.data = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
        }
        answer = await self._client.send(self._client.build_adapter_request(request))
        self._client.handle_response("delete", answer, request)


def connect(*, kubeconfig: Path | None, context: str | None, timeout_seconds: float) -> Client:
    """A client for the cluster we run in, or the one that a kubeconfig names. Nothing is sent yet.

    Raises `ConfigurationError`: no configuration, an unreadable one, or no such context.
    """
    config = configuration(kubeconfig, context)
    timeout = httpx2.Timeout(timeout_seconds, connect=min(5.0, timeout_seconds), pool=None)
    return Client(config=config, timeout=timeout)


def configuration(kubeconfig: Path | None, context: str | None) -> SingleConfig:
    """Where the cluster is and who we are; see `connect`."""
    path = kubeconfig
    if path is None and context is None and (inside := _in_cluster()) is not None:
        return inside
    path = path or Path(os.environ.get("KUBECONFIG") or "~/.kube/config").expanduser()
    try:
        found = KubeConfig.from_file(path).get(context)
    except ConfigError as error:
        hint = " (in a pod: no service account token is mounted either)" if _in_pod() else ""
        raise ConfigurationError(f"kubeconfig {path}: {error}{hint}") from None
    except Exception as error:  # noqa: BLE001 -- YAML, types, missing keys: a bad file in short
        why = " ".join(str(error).split())
        raise ConfigurationError(
            f"kubeconfig {path}: not a kubeconfig ({type(error).__name__}: {why})"
        ) from None
    if found is None or found.user is None:
        raise ConfigurationError(f"kubeconfig {path}: context {context or 'current'} has no user")
    return found


def _in_pod() -> bool:
    return "KUBERNETES_SERVICE_HOST" in os.environ


def _in_cluster() -> SingleConfig | None:
    if not _in_pod():
        return None
    try:
        return KubeConfig.from_service_account(_ACCOUNT).get()
    except (ConfigError, KeyError):
        return None
