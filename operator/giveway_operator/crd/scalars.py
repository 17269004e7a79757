"""What an unquoted word or number of YAML means to kubectl.

It reads YAML 1.1 in the dialect of its Go library (sigs.k8s.io/yaml): `y` and `on` are true, `017`
and `0o17` are fifteen, `1e3` is a thousand, while `1:30` and dates are texts. PyYAML's dialect
differs in each of these, and a file must not be right here and wrong there. A test asks kubectl.
"""

import math
import re
from typing import Final

Scalar = bool | int | float | str | None

_TRUE, _FALSE = ("y", "yes", "on", "true"), ("n", "no", "off", "false")
_WORDS: Final[dict[str, bool | None]] = {
    "": None,
    **dict.fromkeys(("~", "null", "Null", "NULL")),
    **{form: True for word in _TRUE for form in (word, word.capitalize(), word.upper())},
    **{form: False for word in _FALSE for form in (word, word.capitalize(), word.upper())},
}
_BASES: Final = {"0b": 2, "0o": 8, "0x": 16}
_NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NO_NUMBERS: Final = frozenset({".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"})


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar. A whole number is an int, also when written 5.0."""
    if text in _WORDS:
        return _WORDS[text]
    if text.lstrip("+-") in _NO_NUMBERS:
        return math.inf  # no JSON can hold it; whoever reads refuses
    if text[:1] not in "+-.0123456789":
        return text
    digits = text.replace("_", "")
    whole = _whole(digits)
    if whole is not None:
        return whole
    if _NUMBER.fullmatch(digits) is None or math.isinf(number := float(digits)):
        return text
    return int(number) if number.is_integer() else number


def _whole(digits: str) -> int | None:
    unsigned = digits.lstrip("+-").lower()
    base = _BASES.get(unsigned[:2], 8 if unsigned[:1] == "0" and len(unsigned) > 1 else 10)
    try:
        value = int(digits, base)
    except ValueError:
        return None
    # What 64 bits do not hold becomes as exact as a float.
    return value if -(2**63) <= value < 2**64 else int(float(value))
