"""Requests to an API server with nothing but the standard library.

What the operator wrote is looked at through this, not through the operator's own client: a mistake
in the client must not hide itself.
"""

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
_JSON = "application/json"
_TIMEOUT_SECONDS = 30.0


class Refused(Exception):
    """The API server answered with an error: its status, and its message word for word.

    `causes`: the fields that are wrong with an object (422), each with its message.
    """

    def __init__(
        self, status: int, message: str, *, causes: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(f"{status}: {message}")
        self.status, self.message, self.causes = status, message, causes


class Api:
    """JSON over HTTP(S) as one user. Each call has a connection of its own."""

    def __init__(self, server: str, *, token: str | None = None, ca_pem: str | None = None) -> None:
        self.server, self.token, self.ca_pem = server, token, ca_pem
        secure = server.startswith("https:")
        self._tls = ssl.create_default_context(cadata=ca_pem) if secure else None

    def get(self, path: str) -> Any:
        return self.request("GET", path)

    def post(self, path: str, body: object) -> Any:
        return self.request("POST", path, body)

    def put(self, path: str, body: object) -> Any:
        return self.request("PUT", path, body)

    def merge(self, path: str, body: object) -> Any:
        """A merge patch."""
        return self.request("PATCH", path, body, kind=MERGE)

    def server_side_apply(self, path: str, body: object, *, manager: str = "tests") -> Any:
        """Server-side apply, with force, as this field manager."""
        query = f"fieldManager={manager}&force=true"
        return self.request("PATCH", f"{path}?{query}", body, kind=APPLY)

    def delete(self, path: str, body: object = None) -> Any:
        return self.request("DELETE", path, body)

    def exists(self, path: str) -> bool:
        try:
            self.get(path)
        except Refused as refusal:
            if refusal.status == 404:
                return False
            raise
        return True

    def answers(self, path: str) -> bool:
        """Whether there is somebody, and content with us: for waiting until a server is up."""
        try:
            self.get(path)
        except (OSError, HTTPException, Refused):
            return False
        return True

    def request(self, verb: str, path: str, body: object = None, *, kind: str = _JSON) -> Any:
        """The answer's object.

        Raises:
            Refused: the answer was no 2xx.
        """
        headers = {"Accept": _JSON, "Content-Type": kind}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        connection = self._connect()
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(verb, path, body=sent, headers=headers)
            response = connection.getresponse()
            status, text = response.status, response.read().decode()
        finally:
            connection.close()
        if status >= 300:
            raise Refused(status, _message(text), causes=_causes(text))
        return json.loads(text) if text.startswith(("{", "[")) else text

    def _connect(self) -> HTTPConnection:
        address = urlsplit(self.server)
        assert address.hostname, self.server
        if self._tls is None:
            return HTTPConnection(address.hostname, address.port, timeout=_TIMEOUT_SECONDS)
        return HTTPSConnection(
            address.hostname, address.port, timeout=_TIMEOUT_SECONDS, context=self._tls
        )


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.strip()


def _causes(text: str) -> tuple[tuple[str, str], ...]:
    try:
        causes = json.loads(text)["details"]["causes"]
    except (ValueError, KeyError, TypeError):
        return ()
    return tuple((each.get("field", ""), each.get("message", "")) for each in causes)
