"""What a task returns, as JSON.

The task did its work when it returned; nothing that is wrong with its result may make it fail, or
run again. So a result that cannot be kept (larger than 64 KiB, not JSON) is replaced by a *note*,
a JSON object whose only key is `giveway:note`, and whoever asks for the result is told the note as
an error. Unlike arguments, results follow pydantic's JSON output: a tuple is written as a list.

A return annotation is used both ways: a `date` is written by it and comes back as one. It is a
hint and not a contract: where one does not fit the other, the plain JSON value counts.
"""

import inspect
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from giveway.core.defaults import RESULT_LIMIT
from giveway.errors import ConfigurationError
from giveway.runtime.hints import resolve

if TYPE_CHECKING:
    from pydantic import TypeAdapter

NOTE_KEY = "giveway:note"


class ResultCodec:
    """Encodes and decodes the result of one function."""

    __slots__ = ("_adapter", "_fn", "_name")

    def __init__(self, fn: Callable[..., Any], *, name: str) -> None:
        self._fn = fn
        self._name = name
        self._adapter: TypeAdapter[Any] | None = None

    def build(self) -> "TypeAdapter[Any]":
        if self._adapter is None:
            self._adapter = _adapter(self._fn, name=self._name)
        return self._adapter

    def encode(self, value: Any) -> bytes:
        """JSON of at most 64 KiB: the value, or a note why there is none. Never raises."""
        if value is None:
            return b"null"
        try:
            data = self.build().dump_json(value, warnings=False)
        except Exception as error:  # noqa: BLE001 -- a serializer of the user's may raise anything
            return note(
                f"of type {type(value).__name__} cannot be written as JSON ({_line(error)})"
            )
        if len(data) > RESULT_LIMIT:
            return note(f"has {len(data)} bytes as JSON and {RESULT_LIMIT} is the limit")
        if (b"NaN" in data or b"Infinity" in data) and not _is_strict(data):
            return note("holds NaN or Infinity, which JSON does not know")
        return data

    def decode(self, data: bytes) -> Any:
        """The result by its annotation, or the plain JSON value where that does not fit."""
        if not data:  # settled without a value
            return None
        try:
            return self.build().validate_json(data)
        except ValueError:
            return json.loads(data)


def note(why: str) -> bytes:
    """A result that says why there is none; `why` goes on after "its result …"."""
    return json.dumps({NOTE_KEY: f"its result {why}"}).encode()


def read_note(data: bytes) -> str | None:
    """What the note says, None if these bytes are a real result."""
    if NOTE_KEY.encode() not in data:
        return None
    value = json.loads(data)
    return str(value[NOTE_KEY]) if isinstance(value, dict) and list(value) == [NOTE_KEY] else None


def _adapter(fn: Callable[..., Any], *, name: str) -> "TypeAdapter[Any]":
    from pydantic.errors import PydanticUserError

    try:
        hint = resolve(fn, inspect.signature(fn).return_annotation, where=f"task {name}: result")
        return _adapter_of(hint)
    except (ConfigurationError, PydanticUserError, TypeError):
        return _adapter_of(Any)  # only a hint: without it the plain JSON value counts


def _adapter_of(hint: Any) -> "TypeAdapter[Any]":
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticUserError

    # "constants": NaN is written as NaN and found, where pydantic's default would write null.
    config = ConfigDict(ser_json_inf_nan="constants")
    try:
        return TypeAdapter(hint, config=config)
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        return TypeAdapter(hint)  # a model or dataclass brings a config of its own


def _is_strict(data: bytes) -> bool:
    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    try:
        json.loads(data, parse_constant=refuse)
    except ValueError:
        return False
    return True


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
