"""What redis-py raises, in Giveway's words: one line that says what to do, never a credential.

Three questions decide: is waiting worth it (`StoreUnavailable`), must somebody change something
(`StoreMisconfigured`), is one of our keys not ours any more (`StoreCorrupt`)? Redis tells most of
it by the first word of an error; redis-py has classes for some and plain ResponseErrors for others,
differently in each major, so the word decides.
"""

import errno
import os
import re
import socket
import ssl
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
from giveway.store import tls
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
    "WRONGPASS": "refuses the user name or password: mend redis_url or the password file",
    "NOPERM": "does not allow this user what Giveway needs",
    "DENIED": "is in protected mode: set a password or bind it to this host",
}
_CODE: Final = re.compile(r"[A-Z_]+")
_PIPELINE: Final = re.compile(r"^Command # \d+ \(.*\) of pipeline caused error: ", re.DOTALL)


_REFUSED: Final = re.compile(
    r"the Redis host [^\s'\"]+(?: \(it leads to \S+\))? may not be used: [\w -]+"
)


class NoPassword(redis_errors.AuthenticationError):
    """The password file cannot be read; the message says why.

    An error of redis-py's own tree: after any other it keeps the connection, which is open and has
    not said who it is, and would use it as the default user.
    """


class NotAllowed(redis_errors.RedisError):
    """An address that must not be dialled (`guarded`); the message says which and why."""


# What redis-py and the sockets below it raise. Its cluster's first error stands beside its tree.
TROUBLES: Final = (redis_errors.RedisError, redis_errors.RedisClusterException, OSError)


def said(error: BaseException) -> str:
    """The words of an error, without those that a pipeline puts around them."""
    text = str(error)
    inner = _PIPELINE.sub("", text)
    return text if inner == text else inner.strip("(),'\"")


# Classes of which redis-py has cut the word off. MOVED and ASK (AskError is the base of both): the
# line of a claim is told where the slot is, not led there; it asks again at its next connect.
_CLASSES: Final = (
    (redis_errors.ReadOnlyError, "READONLY"),
    (redis_errors.OutOfMemoryError, "OOM"),
    (redis_errors.NoScriptError, "NOSCRIPT"),
    (redis_errors.NoPermissionError, "NOPERM"),
    (redis_errors.BusyLoadingError, "LOADING"),
    (redis_errors.MasterDownError, "MASTERDOWN"),
    (redis_errors.AskError, "TRYAGAIN"),
)


def code_of(error: BaseException) -> str:
    """The first word of Redis's answer."""
    for kind, word in _CLASSES:
        if isinstance(error, kind):
            return word
    if isinstance(error, redis_errors.AuthenticationError):
        return "NOAUTH" if "required" in str(error).lower() else "WRONGPASS"
    if "ACL failure in script" in said(error):  # newer servers begin it with ERR
        return "NOPERM"
    found = _CODE.match(said(error))
    return found.group() if found else ""


def wrong_server(error: BaseException) -> bool:
    """Whether the address has to be resolved anew: the pool is full of the old server."""
    return code_of(error) in _MOVED or "previous master" in said(error)


def worth_repeating(error: BaseException) -> bool:
    """Whether the same call may succeed at once: the connection failed, or led to the wrong server.

    A server that answers that it is loading, busy or unable to save will say so again: who called
    backs off.
    """
    code = code_of(error)
    if code in _MOVED:
        return True
    if code in _WAITING or code in _WRONG or tls.explain(error) is not None:
        return False
    if _not_allowed(error) is not None:
        return False
    lost = (redis_errors.ConnectionError, redis_errors.TimeoutError, OSError)
    return isinstance(error, (*lost, redis_errors.RedisClusterException))


def translate(error: Exception, *, where: str, encrypted: bool = False) -> GivewayError:
    """The error to raise for what redis-py raised.

    `where`: the server, without credentials; `encrypted`: it was spoken to with TLS.
    """
    if isinstance(error, NoPassword):
        return StoreMisconfigured(str(error))
    refused = _not_allowed(error)
    if refused is not None:
        return StoreMisconfigured(refused)
    code, text = code_of(error), said(error)
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
    return _by_class(error, where, encrypted=encrypted)


def _not_allowed(error: BaseException | None) -> str | None:
    """What `guarded` has refused. redis-py puts its own errors around what a connection raises
    while it is opened, and of several Sentinels or nodes it keeps the words alone.
    """
    while error is not None:
        found = _REFUSED.search(str(error))
        if found or isinstance(error, NotAllowed):
            return found.group() if found else str(error)
        error = error.__cause__ or error.__context__
    return None


def _right(text: str, code: str) -> str:
    """What a NOPERM says is missing: names of commands, keys or channels, never a secret."""
    found = (
        re.search(r"(permissions? to .*?|No permissions .*?)(?: script:|$)", text)
        if code == "NOPERM"
        else None
    )
    return f" ({found.group(1)})" if found else ""


def _by_class(error: Exception, where: str, *, encrypted: bool) -> StoreError:
    what = tls.explain(error)
    if what is not None:
        return StoreMisconfigured(f"Redis at {where} {what}")
    if isinstance(error, redis_errors.TimeoutError | TimeoutError):
        # A server without TLS waits for the end of a line that our greeting never has.
        hint = " (is that its TLS port?)" if encrypted else ""
        return StoreUnavailable(f"Redis at {where} did not answer in time{hint}")
    if isinstance(error, redis_errors.ConnectionError | OSError):
        reason = _reason(error)
        return StoreUnavailable(
            f"Redis at {where} cannot be reached{reason}: is it up, and is redis_url right?"
        )
    if "WRONGTYPE" in said(error):
        return StoreCorrupt(f"a key of the queue at {where} holds a value of a wrong type")
    if isinstance(error, redis_errors.RedisClusterException):
        return StoreUnavailable(
            f"the Redis cluster at {where} cannot be reached or is none; redis:// is for one server"
        )
    if isinstance(error, redis_errors.InvalidResponse):
        return StoreError(f"what answers at {where} is no Redis: is its port right in redis_url?")
    if "unknown command" in said(error) and "SENTINEL" in said(error).upper():
        return StoreMisconfigured(f"{where} is no Sentinel; redis:// is for a server without one")
    words = said(error).splitlines() or [type(error).__name__]
    return StoreError(f"Redis at {where} answered: {words[0]}")


def _reason(error: BaseException) -> str:
    """What the network said: the first error of the system below redis-py's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:
            return f" ({_words(cause)})"
        cause = cause.__cause__ or cause.__context__
    return ""


def _words(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return error.strerror or "the name is not known"
    if isinstance(error, ssl.SSLError):  # its numbers are not the system's
        return "it ended the TLS connection: does it want a client certificate (redis_cert_file)?"
    if isinstance(error, ConnectionResetError):
        return f"{os.strerror(errno.ECONNRESET)}; does one side speak TLS and the other not?"
    return os.strerror(error.errno or 0)
