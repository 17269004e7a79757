"""How a record becomes a line: aligned text for people, one JSON object for machines.

Both take any record of any logger and never fail: a value that cannot be shown, a message whose
arguments do not fit, or half a surrogate pair must not cost the line, and much less the task.

Text: `time LEVEL event key=value …`; what other loggers say stands as `logger: message`, followed
by the task that said it. A message of several lines goes on below, indented, so that no text of a
task can pass for a line of its own; control characters are spelled out for the same reason.

JSON: always one line. Giveway's own lines have `event`, all others `logger` and `message`; what a
program gave as `extra=` stands below `extra`.
"""

import json
import logging
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from giveway.telemetry.events import Subject, bound

_OURS: Final = {"giveway", *(f"giveway_{name}" for name in Subject._fields)}
_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
_KNOWN: Final = _STANDARD | _OURS | {"taskName"}  # `taskName`: from Python 3.12 on
_CONTROL: Final = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"
}
# A line of JSON for those, too, who count these as the end of one.
_LINE_ENDS: Final = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}

_NAME_WIDTH: Final = 20
_COLOURS: Final = {
    logging.DEBUG: "\x1b[2m",
    logging.WARNING: "\x1b[33m",
    logging.ERROR: "\x1b[31m",
    logging.CRITICAL: "\x1b[1;31m",
}
_BOLD, _DIM, _END = "\x1b[1m", "\x1b[2m", "\x1b[0m"


class TextLines(logging.Formatter):
    """For people. `colour` on a terminal only."""

    def __init__(self, *, colour: bool = False) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        fields = own_fields(record)
        head, _, more = message_of(record).translate(_CONTROL).rstrip("\n").partition("\n")
        if fields is not None:
            head = self._paint(_BOLD, head.ljust(_NAME_WIDTH))
        else:
            head = f"{record.name}: {head}"
        about = {} if fields and "id" in fields else bound(record)
        short, long = _by_length((fields or {}) | _traceback(record, fields))
        words = [
            time_of(record),
            self._paint(_COLOURS.get(record.levelno, ""), record.levelname.ljust(7)),
            head,
            *(f"{key}={_quoted(value)}" for key, value in short.items()),
            *(self._paint(_DIM, f"{key}={_quoted(shown(one))}") for key, one in about.items()),
        ]
        below = [_below(more, 4)] if more else []
        below += [f"    {key}:\n{_below(text, 8)}" for key, text in long.items()]
        return "\n".join([" ".join(words).rstrip(), *below])

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_END}" if self._colour and colour else text


class JsonLines(logging.Formatter):
    """For machines. `constants` stand in every line: the queue and the worker."""

    def __init__(self, constants: Mapping[str, object]) -> None:
        super().__init__()
        self._constants = dict(constants)

    def format(self, record: logging.LogRecord) -> str:
        fields = own_fields(record)
        says = message_of(record)
        line: dict[str, object] = {"time": time_of(record), "level": record.levelname.lower()}
        line |= {"logger": record.name, "message": says} if fields is None else {"event": says}
        if not fields or "id" not in fields:
            line |= bound(record)
        line |= self._constants | {"pid": record.process} | (fields or {})
        line |= _traceback(record, fields)
        extra = {key: value for key, value in record.__dict__.items() if key not in _KNOWN}
        return _dumped(line | {"extra": extra} if extra else line)


def own_fields(record: logging.LogRecord) -> dict[str, object] | None:
    """The fields of an event; None for a line of anybody else, whatever its `extra` is called."""
    fields: object = getattr(record, "giveway", None)
    return fields if isinstance(fields, dict) else None


def time_of(record: logging.LogRecord) -> str:
    """UTC, in milliseconds."""
    moment = datetime.fromtimestamp(record.created, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def message_of(record: logging.LogRecord) -> str:
    """The message, whatever is wrong with its arguments."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 -- a slip in a log call must not take the line away
        return f"{shown(record.msg)} (its arguments do not fit)"


def shown(value: object) -> str:
    """A value as text, whatever its own methods do."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 -- as above
        return f"(a {type(value).__name__} that cannot be shown)"


def _traceback(record: logging.LogRecord, fields: Mapping[str, object] | None) -> dict[str, object]:
    if record.exc_info and not (fields and "traceback" in fields):
        return {"traceback": logging.Formatter().formatException(record.exc_info)}
    return {"traceback": record.exc_text} if record.exc_text else {}


def _by_length(fields: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    """Those of one line, and those of several."""
    texts = {key: shown(value).translate(_CONTROL).rstrip("\n") for key, value in fields.items()}
    long = {key: text for key, text in texts.items() if "\n" in text}
    return {key: text for key, text in texts.items() if key not in long}, long


def _below(text: str, indent: int) -> str:
    margin = " " * indent
    return margin + text.replace("\n", "\n" + margin)


def _quoted(text: str) -> str:
    """As it is, if it cannot be mistaken for two fields."""
    if text and not any(one in text for one in ' ="\t\n'):
        return text
    return json.dumps(text, ensure_ascii=False)


def _dumped(line: dict[str, object]) -> str:
    try:
        text = json.dumps(line, default=shown, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError):  # NaN, odd keys, something that holds itself
        plain = {key: one if _is_plain(one) else shown(one) for key, one in line.items()}
        text = json.dumps(plain, ensure_ascii=False)
    return text.translate(_LINE_ENDS)


def _is_plain(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | int)
