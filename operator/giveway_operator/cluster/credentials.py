"""Who we are to the API server, for whoever has a client of his own (kopf's watch).

Read anew at each login: a token file is rotated, an exec plug-in's token ends. What a plug-in
answers is learned by letting lightkube sign a request that is never sent.
"""

import os
from dataclasses import dataclass, field

import httpx2
from lightkube.config.client_adapter import user_auth
from lightkube.config.kubeconfig import SingleConfig

from giveway_operator.cluster.client import configuration


@dataclass(frozen=True, slots=True)
class Credentials:
    """Files by their paths, contents as base64. No secret of it is in its repr."""

    server: str
    insecure: bool = False
    ca_path: str | None = None
    ca_data: str | None = None
    certificate_path: str | None = None
    certificate_data: str | None = None
    key_path: str | None = None
    key_data: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)


async def credentials(*, context: str | None) -> Credentials:
    """Of the cluster we run in, or the kubeconfig's. Raises `ConfigurationError`."""
    config = configuration(None, context)
    user, cluster = config.user, config.cluster
    assert user is not None, "configuration() refuses a context without a user"
    return Credentials(
        server=cluster.server,
        insecure=cluster.insecure,
        ca_path=_path(config, cluster.certificate_auth),
        ca_data=cluster.certificate_auth_data,
        certificate_path=_path(config, user.client_cert),
        certificate_data=user.client_cert_data,
        key_path=_path(config, user.client_key),
        key_data=user.client_key_data,
        token=await _token(config),
        username=user.username,
        password=user.password,
    )


async def _token(config: SingleConfig) -> str | None:
    auth = user_auth(config.user)
    if auth is None or isinstance(auth, httpx2.BasicAuth):
        return None
    flow = auth.async_auth_flow(httpx2.Request("GET", config.cluster.server))
    try:
        signed = await anext(flow)
    finally:
        await flow.aclose()
    return signed.headers.get("Authorization", "").removeprefix("Bearer ") or None


def _path(config: SingleConfig, found: str | None) -> str | None:
    return None if found is None else os.fspath(config.abs_file(found))
