"""Strict JSON: what goes out comes back as it was, what comes in is JSON and nothing looser.

Problem: Python's `json` reads NaN, keeps the last of two equal keys, lets half a surrogate pair
through, and writes a tuple as a list and the key 1 as "1" without a word. A task would then run
with other arguments than those it was given.

Invariants: `parse` accepts exactly RFC 8259 in UTF-8, with unique keys, finite numbers and at most
64 levels; `dump` writes only what `parse` gives back equal and of the same types. Both raise
`NotJson`, whose message names the place; callers turn it into an error of their own tree.

Not here: what a value means (`raw_task.py`, `cursor.py`, `remote_error.py`) and the arguments of a
task, which are checked against its signature (`runtime/signature.py`).
"""

import json
import math
import re
from typing import Any

from giveway.core.defaults import NESTING_LIMIT
from giveway.core.difference import first_difference

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class NotJson(ValueError):
    """The bytes are not strict JSON, or the value cannot be carried as such; says where and why."""


def parse(data: bytes, *, what: str) -> Any:
    """The value in `data`. `what` names the document in errors ("payload", "cursor")."""
    if nests_deeper(data, NESTING_LIMIT):
        raise NotJson(f"{what} is nested deeper than {NESTING_LIMIT} levels")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        raise NotJson(f"{what} is not UTF-8 (byte {error.start})") from None
    except _DuplicateKey as error:
        raise NotJson(f"{what} holds the key {error.key!r} twice") from None
    except RecursionError:
        raise NotJson(f"{what} is nested deeper than {NESTING_LIMIT} levels") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"{what} is not JSON: {error.msg} at character {error.pos}") from None
    except ValueError as error:  # an integer of more digits than Python reads (4300)
        raise NotJson(f"{what} is not usable: {error}") from None
    if problem := _unusable(value, what):
        raise NotJson(problem)
    return value


def dump(value: Any, *, what: str) -> bytes:
    """`value` as JSON, provided that reading it again gives the very same value."""
    try:
        data = json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except UnicodeEncodeError:
        raise NotJson(f"{what} holds text with half of a surrogate pair") from None
    except RecursionError:
        raise NotJson(f"{what} is nested deeper than {NESTING_LIMIT} levels") from None
    except (TypeError, ValueError) as error:
        raise NotJson(f"{what} cannot be carried as JSON: {error}") from None
    if difference := first_difference(value, parse(data, what=what), path=what):
        raise NotJson(difference.change)
    return data


def nests_deeper(data: bytes, limit: int) -> bool:
    """Whether JSON text has more than `limit` levels; at the speed of C, without parsing it.

    Every round removes the innermost pairs of brackets, so the rounds count the levels. Both kinds
    are read as one, so that a round never removes two levels. Text whose brackets do not match is
    not judged here: the parser will say what is wrong with it.
    """
    if data.count(b"[") + data.count(b"{") <= limit:
        return False
    brackets = _STRINGS.sub(b"", data).translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(limit):
        fewer = brackets.replace(b"[]", b"")
        if not fewer or len(fewer) == len(brackets):
            return False
        brackets = fewer
    return bool(brackets)  # with a limit of 0 they may all have stood inside of strings


class _DuplicateKey(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _DuplicateKey(key)
        seen.add(key)
    raise AssertionError("a shorter dict without a repeated key")


def _unusable(value: Any, path: str) -> str | None:
    """The first place that holds what Python reads but JSON does not know."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{path} holds {value}, and JSON knows neither NaN nor Infinity"
    if isinstance(value, str) and not _is_text(value):
        return f"{path} holds text with half of a surrogate pair"
    if isinstance(value, list):
        inner = ((f"{path}[{index}]", item) for index, item in enumerate(value))
        return next(filter(None, (_unusable(item, where) for where, item in inner)), None)
    if isinstance(value, dict):
        if not all(map(_is_text, value)):
            return f"{path} has a key with half of a surrogate pair"
        named = ((f"{path}.{key}", item) for key, item in value.items())
        return next(filter(None, (_unusable(item, where) for where, item in named)), None)
    return None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
