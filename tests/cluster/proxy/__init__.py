"""A network, and an API server in trouble, between a client and a real API server.

`ApiProxy` speaks plain HTTP towards the client and passes every request on, token and all.
`inject` says what becomes of some requests instead (`faults`), chosen by verb and resource; watches
that are open can be silenced, cut or expired. Every request is remembered by verb and resource
(`request` reads that). What `tests/proxy` is for Redis, this is for Kubernetes.
"""

from tests.cluster.proxy.api_proxy import ApiProxy
from tests.cluster.proxy.faults import Answer, Cut, Delay, Expire, Fault, Hang, Injected, Silence
from tests.cluster.proxy.request import Request

__all__ = [
    "Answer",
    "ApiProxy",
    "Cut",
    "Delay",
    "Expire",
    "Fault",
    "Hang",
    "Injected",
    "Request",
    "Silence",
]
