"""From whatever a request ended in to one of our errors, and whether to try again.

1. 429, 500, 502, 503, 504, a connection that broke, no answer, an answer that is not the API
   server's: try again, at last `Unreachable`.
2. everything else is said at once: 400/405/413/415/422 `Invalid`, 401 `Unauthorized`, 403
   `Forbidden`, 404 `NotFound`, 409 `Conflict` or `AlreadyExists`, 410 `Gone`.

A patch with another uid than the object's is a 422; it means a conflict, and is one here. A 403 is
RBAC's or admission's (a quota, pod security): only the first is mended by a rule, and only its
message says `cannot <verb> resource`.
"""

import dataclasses
import re
from dataclasses import dataclass
from enum import StrEnum

import httpx2
from lightkube.core.exceptions import ApiError, ConfigError

from giveway_operator.cluster.errors import (
    AlreadyExists,
    Asked,
    ClusterError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Unauthorized,
    Unreachable,
)

_PLAIN: dict[int, type[ClusterError]] = {404: NotFound, 410: Gone}
# RBAC's words. The verb need not be the one we sent: an apply that makes an object takes `create`.
_LACKING = re.compile(r'cannot (\w+) resource "([^"]+)" in API group "([^"]*)"')
_BUSY = frozenset({429, 500, 502, 503, 504})


class Result(StrEnum):
    """How an attempt ended, as the metric `giveway_operator_api_requests` counts it."""

    OK = "ok"
    CONFLICT = "conflict"  # 409
    REFUSED = "refused"  # any other 4xx
    THROTTLED = "throttled"  # 429
    FAILED = "failed"  # 5xx
    SILENT = "silent"  # no answer, or no connection


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt. `result`: how it is counted."""

    error: ClusterError
    result: Result
    again: bool = False
    retry_after_seconds: float | None = None


def failure(error: Exception, *, asked: Asked) -> Failure:
    """What an attempt's exception means."""
    if (status := _status_error(error)) is not None:
        return _answered(status, asked)
    if isinstance(error, ConfigError):  # a token file or credential plug-in that does not work
        return Failure(Unauthorized(f"{asked}: {error}", asked=asked), Result.REFUSED)
    why = "no answer in time" if isinstance(error, TimeoutError | httpx2.TimeoutException) else ""
    why = why or f"{type(error).__name__}: {error}".rstrip(": ")
    return Failure(Unreachable(f"{asked}: {why}", asked=asked), Result.SILENT, again=True)


def _status_error(error: BaseException | None) -> httpx2.HTTPStatusError | None:
    """The refused answer behind an exception.

    lightkube stumbles over a refusal without a content type or without JSON (a proxy's): its own
    exception then stands before the one that tells the code.
    """
    while error is not None and not isinstance(error, httpx2.HTTPStatusError):
        error = error.__cause__ or error.__context__
    return error


def _answered(error: httpx2.HTTPStatusError, asked: Asked) -> Failure:
    code = error.response.status_code
    told = error.status if isinstance(error, ApiError) else None
    message = (told.message if told and told.message else "") or f"HTTP {code}"
    line = f"{asked}: {' '.join(message.split())}"
    if code in _BUSY:
        return Failure(
            Unreachable(line, asked=asked),
            Result.THROTTLED if code == 429 else Result.FAILED,
            again=True,
            retry_after_seconds=_retry_after(error.response.headers.get("Retry-After")),
        )
    reason = told.reason if told else None
    result = Result.CONFLICT if code == 409 else Result.REFUSED
    return Failure(_refused(code, reason or "", line, asked), result)


def _refused(code: int, reason: str, line: str, asked: Asked) -> ClusterError:
    if code == 401:
        hint = "the service account's token or the kubeconfig's user is not accepted"
        return Unauthorized(f"{line} ({hint})", asked=asked)
    if code == 403:
        return forbidden(line, asked)
    if code == 409 or (code == 422 and "metadata.uid: Invalid value" in line):
        kind = AlreadyExists if reason == "AlreadyExists" else Conflict
        return kind(line, asked=asked)
    return _PLAIN.get(code, Invalid)(line, asked=asked)


def forbidden(line: str, asked: Asked) -> Forbidden:
    """What a 403 means. `line`: what the API server said; RBAC says which verb it misses."""
    if (lacking := _LACKING.search(line)) is None:
        return Forbidden(line, asked=asked)
    verb, resource, group = lacking.groups()
    rule = dataclasses.replace(asked, verb=verb, resource=resource, group=group).rule
    hint = f"{asked} is forbidden: add {rule} to the operator's role"
    return Forbidden(hint, asked=asked, rule=rule)


def _retry_after(value: str | None) -> float | None:
    """Seconds; a date (proxies send those) is not worth a clock: the back-off serves."""
    try:
        return min(max(0.0, float(value)), 3600.0) if value else None
    except ValueError:
        return None
