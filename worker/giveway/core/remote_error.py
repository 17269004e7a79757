"""The error of a task as text, small enough to keep (16 KiB) and safe to show.

Results and errors cross from worker to producer as text only: nothing is unpickled, no class is
imported by name. A traceback is cut in its middle, because its head says where the call came from
and its tail where it failed.
"""

import json
import traceback as _traceback
from dataclasses import dataclass

from giveway.core.defaults import ERROR_LIMIT

_MESSAGE_CHARACTERS = 2_000
_CUT = "\n… cut …\n"


@dataclass(frozen=True, slots=True)
class RemoteError:
    """`type` is the qualified name of the exception's class."""

    type: str
    message: str
    traceback: str = ""

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


def error_of(error: BaseException) -> RemoteError:
    """What is kept of an exception. Never raises, whatever the exception's own methods do."""
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    return RemoteError(type=name, message=_message(error), traceback=_trace(error))


def encode_error(error: RemoteError) -> bytes:
    """JSON {type, message, traceback} of at most 16 KiB."""
    kind, message = error.type[:200], _shorten(error.message, _MESSAGE_CHARACTERS)
    characters = len(error.traceback)
    while True:
        trace = _shorten(error.traceback, characters)
        data = _json({"type": kind, "message": message, "traceback": trace})
        if len(data) <= ERROR_LIMIT:
            return data
        # What does not fit is text of several bytes a character: half as many, until it does.
        characters = min(characters, ERROR_LIMIT) // 2
        message = _shorten(message, _MESSAGE_CHARACTERS if characters else len(message) // 2)


def decode_error(data: bytes) -> RemoteError:
    """The error in a task's record. What another version wrote is shown as it is."""
    try:
        fields = json.loads(data)
        return RemoteError(
            str(fields["type"]), str(fields["message"]), str(fields.get("traceback", ""))
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return RemoteError(type="error", message=data.decode(errors="replace"))


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 -- a failing __str__ must not hide the task's failure
        return "(its message cannot be shown)"


def _trace(error: BaseException) -> str:
    try:
        return "".join(_traceback.format_exception(error))
    except Exception:  # noqa: BLE001 -- as above
        return "(its traceback cannot be shown)"


def _shorten(text: str, characters: int) -> str:
    if len(text) <= characters:
        return text
    half = max(0, characters - len(_CUT)) // 2
    return text[:half] + _CUT + text[len(text) - half :]


def _json(fields: dict[str, str]) -> bytes:
    # A lone surrogate (a file name with bytes that are no UTF-8) is spelled out, never an error.
    clean = {name: text.encode(errors="backslashreplace").decode() for name, text in fields.items()}
    return json.dumps(clean, ensure_ascii=False).encode()
