"""What redis-py raises, in Giveway's words: one line that says what to do, never a credential.

Three questions decide: is waiting worth it (`StoreUnavailable`), must somebody change something
(`StoreMisconfigured`), is one of our keys not ours any more (`StoreCorrupt`)? Redis tells most of
it by the first word of an error; redis-py has classes for some and plain ResponseErrors for others,
differently in each major, so the word decides.
"""

import re
from typing import Final

from redis import exceptions as redis_errors

from giveway.errors import (
    GivewayError,
    RedisFull,
    StoreCorrupt,
    StoreError,
    StoreMisconfigured,
    StoreUnavailable,
)
from giveway.store.refusals import refusal

# The server at the other end of this connection is not the one to talk to any more.
_MOVED: Final = ("READONLY", "UNBLOCKED", "MASTERDOWN")

_WAITING: Final = {
    "LOADING": "is loading its data: it answers when it has finished",
    "READONLY": "is a replica now: its address is resolved again",
    "MASTERDOWN": "is a replica whose primary is down: its address is resolved again",
    "UNBLOCKED": "changed its role: its address is resolved again",
    "BUSY": "is busy with a script: it answers when that has ended",
    "MISCONF": "refuses writes because it cannot save to disk: look at its log",
    "CLUSTERDOWN": "is a cluster that is down: look at its nodes",
    "TRYAGAIN": "is moving this queue's slot: try again",
    "NOREPLICAS": "has too few replicas to accept writes",
    "ERR max": "has no connection left (maxclients): close some or raise the limit",
}
_WRONG: Final = {
    "NOAUTH": "wants a password: put it into the URL or into a password file",
    "WRONGPASS": "refuses the user name or password",
    "NOPERM": "does not allow this user what Giveway needs",
    "DENIED": "is in protected mode: set a password or bind it to this host",
}
_CODE: Final = re.compile(r"[A-Z_]+")


def code_of(error: BaseException) -> str:
    """The first word of Redis's answer. redis-py cuts it off where it has a class of its own."""
    if isinstance(error, redis_errors.ReadOnlyError):
        return "READONLY"
    if isinstance(error, redis_errors.OutOfMemoryError):
        return "OOM"
    if isinstance(error, redis_errors.NoScriptError):
        return "NOSCRIPT"
    if isinstance(error, redis_errors.NoPermissionError):
        return "NOPERM"
    if isinstance(error, redis_errors.BusyLoadingError):
        return "LOADING"
    if isinstance(error, redis_errors.MasterDownError):
        return "MASTERDOWN"
    if isinstance(error, redis_errors.AuthenticationError):
        return "NOAUTH" if "required" in str(error).lower() else "WRONGPASS"
    found = _CODE.match(str(error))
    return found.group() if found else ""


def wrong_server(error: BaseException) -> bool:
    """Whether the address has to be resolved anew: the pool is full of the old server."""
    return code_of(error) in _MOVED or "previous master" in str(error)


def translate(error: Exception, *, where: str) -> GivewayError:
    """The error to raise for what redis-py raised. `where`: the server, without credentials."""
    code, text = code_of(error), str(error)
    ours = refusal(code, text.removeprefix(code).strip())
    if isinstance(ours, GivewayError):
        return ours
    if code == "OOM":
        return RedisFull(f"Redis at {where} is full (maxmemory): nothing was queued; let it drain")
    if code == "CORRUPT":
        key = text.split()[1]
        return StoreCorrupt(f"the key {key} holds a value of a wrong type: rename or delete it")
    if code in _WRONG:
        return StoreMisconfigured(f"Redis at {where} {_WRONG[code]}{_right(text, code)}")
    for word, what in _WAITING.items():
        if (
            code == word
            or text.startswith(word)
            or (word == "ERR max" and "max number of cli" in text)
        ):
            return StoreUnavailable(f"Redis at {where} {what}")
    return _by_class(error, where)


def _right(text: str, code: str) -> str:
    """What a NOPERM says is missing: names of commands, keys or channels, never a secret."""
    found = re.search(r"(permissions? to .*|No permissions .*)", text) if code == "NOPERM" else None
    return f" ({found.group(1)})" if found else ""


def _by_class(error: Exception, where: str) -> StoreError:
    if isinstance(error, redis_errors.TimeoutError | TimeoutError):
        return StoreUnavailable(f"Redis at {where} did not answer in time")
    if "CERTIFICATE" in str(error).upper():
        return StoreMisconfigured(f"Redis at {where} shows a certificate that does not verify")
    if isinstance(error, redis_errors.ConnectionError | OSError):
        return StoreUnavailable(f"Redis at {where} cannot be reached{_reason(error)}")
    if "WRONGTYPE" in str(error):
        return StoreCorrupt(f"a key of the queue at {where} holds a value of a wrong type")
    if isinstance(error, redis_errors.RedisClusterException):
        return StoreUnavailable(f"the Redis cluster at {where} cannot be reached")
    said = str(error).splitlines() or [type(error).__name__]
    return StoreError(f"Redis at {where} answered: {said[0]}")


def _reason(error: Exception) -> str:
    """What the network said, in its own few words."""
    known = ("refused", "reset", "timed out", "unreachable", "No such file", "not known", "closed")
    text = str(error)
    found = next((word for word in known if word in text), None)
    return f" ({found})" if found else ""
