"""The first difference between a value as it was given and as it would arrive.

JSON knows fewer kinds of values than Python. Instead of a list of forbidden types, Giveway carries
what arrives equal *and* of the same type, and for the rest says which place would change into what.
"""

from dataclasses import dataclass
from typing import Any

_FIXES = {
    "tuple": "pass a list, or annotate the parameter as tuple[...]",
    "set": "pass a list, or annotate the parameter as set[...]",
    "frozenset": "pass a list, or annotate the parameter as frozenset[...]",
    "bytes": "pass text (base64), or annotate the parameter as bytes",
    "float": "JSON knows neither NaN nor Infinity; pass None or text",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` would change from `sent` into `received`; `fix` says what helps."""

    path: str
    sent: str
    received: str
    fix: str

    @property
    def change(self) -> str:
        return f"{self.path}: {self.sent} would arrive as {self.received}"

    def __str__(self) -> str:
        return f"{self.change}; {self.fix}"


def first_difference(sent: Any, received: Any, *, path: str) -> Difference | None:
    """None when both are equal and of the same types all the way down."""
    if type(sent) is not type(received):
        return _difference(sent, received, path)
    if type(sent) is dict:
        return _in_dict(sent, received, path)
    if type(sent) in (list, tuple):
        return _in_sequence(sent, received, path)
    if sent == received or "__eq__" not in _methods(type(sent)):
        # A type without an equality of its own is trusted: its own schema has just rebuilt it.
        return None
    return _difference(sent, received, path)


def _methods(kind: type) -> set[str]:
    return {name for one in kind.__mro__ if one is not object for name in vars(one)}


def _in_dict(sent: dict[Any, Any], received: dict[Any, Any], path: str) -> Difference | None:
    for key, value in sent.items():
        if key not in received:
            return Difference(
                f"{path}[{key!r}]",
                f"the key {key!r}",
                "text",
                "use text as keys, or annotate the parameter as dict[..., ...]",
            )
        if difference := first_difference(value, received[key], path=_under(path, key)):
            return difference
    return None if len(sent) == len(received) else _difference(sent, received, path)


def _under(path: str, key: Any) -> str:
    """A key that is no plain name is quoted: an error stays one line."""
    return f"{path}.{key}" if str(key).isidentifier() else f"{path}[{key!r}]"


def _in_sequence(sent: Any, received: Any, path: str) -> Difference | None:
    if len(sent) != len(received):
        return _difference(sent, received, path)
    for index, (one, other) in enumerate(zip(sent, received, strict=True)):
        if difference := first_difference(one, other, path=f"{path}[{index}]"):
            return difference
    return None


def _difference(sent: Any, received: Any, path: str) -> Difference:
    kind = type(sent).__name__
    fix = _FIXES.get(kind, "annotate the parameter with its type, or pass a plain JSON value")
    if kind == type(received).__name__ or isinstance(sent, float):
        return Difference(path, _shown(sent), _shown(received), fix)
    return Difference(path, f"a {kind}", f"a {type(received).__name__}", fix)


def _shown(value: Any) -> str:
    return f"{value!r:.60}"
