"""One line per event: text for people, JSON with `GIVEWAY_LOG=json` for machines.

An event has a name, a level and plain fields: ids, names, tiers, numbers. Never a payload, a
result or a password. The lines go to standard error through `logging`, so that an application's
own handlers apply.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

Level = Literal["debug", "info", "warning", "error"]
_log = logging.getLogger("giveway")


def event(name: str, *, level: Level = "info", **fields: object) -> None:
    """Write one line. Field names are Giveway's words (docs/protocol.md)."""
    number = logging.getLevelNamesMapping()[level.upper()]
    if _log.isEnabledFor(number):
        _log.log(number, name, extra={"giveway": fields})


def configure(style: Literal["text", "json"], level: str = "INFO") -> None:
    """Send Giveway's events, and what tasks log, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if style == "json" else _Text())
    logging.basicConfig(handlers=[handler], level=level, force=True)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = getattr(record, "giveway", {})
        words = [_time(record), record.levelname.lower().ljust(7), record.getMessage()]
        words += [f"{key}={value}" for key, value in fields.items()]
        line = " ".join(words)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = getattr(record, "giveway", {})
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line | fields, default=str)
