"""What a request to an API server means, in the words of its authorization.

Paths are `/api/v1/…` and `/apis/GROUP/VERSION/…`, then `namespaces/NAME/` if the resource has one,
then RESOURCE, NAME and SUBRESOURCE: see resource URIs on Kubernetes' page "API Concepts". Verbs are
those of its page "Authorization": a GET is `get`, `list` or `watch`.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass(frozen=True, slots=True)
class Request:
    """`resource` with its subresource (`deployments/scale`); the path where it is no resource."""

    verb: str
    resource: str
    namespace: str = ""
    name: str = ""
    at: float = 0.0  # monotonic seconds

    @property
    def is_write(self) -> bool:
        return self.verb in WRITES


def read_request(method: str, target: str, *, at: float = 0.0) -> Request:
    """From the first line of the request."""
    url = urlsplit(target)
    words = url.path.strip("/").split("/")
    head = {"api": 2, "apis": 3}.get(words[0], len(words))
    rest = words[head:]
    if not rest:
        return Request(method.lower(), url.path, at=at)
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in {"finalize", "status"}:
        namespace, rest = rest[1], rest[2:]
    resource, name, below = rest[0], *[*rest[1:], "", ""][:2]
    watching = parse_qs(url.query).get("watch", ["false"])[0].lower() in {"1", "true"}
    return Request(
        _verb(method, name, watching=watching),
        f"{resource}/{below}" if below else resource,
        namespace,
        name,
        at,
    )


def _verb(method: str, name: str, *, watching: bool) -> str:
    if method == "GET":
        return "watch" if watching else "get" if name else "list"
    if method == "DELETE":
        return "delete" if name else "deletecollection"
    return _VERBS.get(method, method.lower())
