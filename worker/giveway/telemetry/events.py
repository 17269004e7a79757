"""An event: a name, a level and plain fields, one line each (docs/operations.md lists them all).

Fields are ids, names, tiers, numbers and words of our own. Never a payload, a result or a password;
of an exception its type, the first line of its message (many libraries quote the data in the
second), and where it matters the lines of code that it came through.

Where the lines go: `logs.py`. How they look: `lines.py`.
"""

import logging
import traceback
from typing import Final, Literal, NamedTuple

Level = Literal["debug", "info", "warning", "error"]

_LEVELS: dict[Level, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
LOGGER: Final = logging.getLogger("giveway")

_MESSAGE_CHARACTERS: Final = 300
_CHAIN: Final = 5
# A line of up to 4 KiB reaches a pipe in one piece.
_HEAD, _TAIL = 600, 2_000


class Subject(NamedTuple):
    """The task that a line is about. `attempt` counts from 1; None where it is not known."""

    id: str
    task: str
    tier: str
    attempt: int | None
    fence: int


def event(
    name: str,
    *,
    level: Level = "info",
    of: Subject | None = None,
    raised: BaseException | None = None,
    **fields: object,
) -> None:
    """Write one line. Field names are Giveway's words (docs/protocol.md).

    Parameters:
        of: the task it is about, if that is not the one that runs here.
        raised: what it tells of, as the fields error, message and traceback. Handlers of the
            application's own get all of it (`exc_info`, where error trackers look).
    """
    number = _LEVELS[level]
    if LOGGER.isEnabledFor(number):
        about = {} if of is None else _known(of)
        why = {} if raised is None else _described(raised)
        LOGGER.log(number, name, extra={"giveway": about | fields | why}, exc_info=raised)


def debugging() -> bool:
    """Whether lines for every single task are wanted."""
    return LOGGER.isEnabledFor(logging.DEBUG)


def bind(record: logging.LogRecord, subject: Subject | None) -> None:
    """Write the task on a record, where any formatter finds it: `%(giveway_id)s` and so on.

    Names that nobody else uses: `logging` refuses an `extra` that is on the record already.
    """
    for name in Subject._fields:
        setattr(record, f"giveway_{name}", "" if subject is None else getattr(subject, name))


def bound(record: logging.LogRecord) -> dict[str, object]:
    """What `bind` wrote; nothing outside of a task."""
    if not getattr(record, "giveway_id", ""):
        return {}
    return {name: getattr(record, f"giveway_{name}") for name in Subject._fields}


def _known(subject: Subject) -> dict[str, object]:
    return {name: one for name, one in subject._asdict().items() if one is not None}


def _of_its_own(record: logging.LogRecord) -> bool:
    """An event that names its task is not about the one that happens to run here."""
    fields: dict[str, object] = getattr(record, "giveway", {})
    if "id" in fields:
        for name in Subject._fields:
            setattr(record, f"giveway_{name}", fields.get(name, ""))
    return True


def _described(error: BaseException) -> dict[str, object]:
    """An exception as fields of an event, without the data that it may speak of."""
    return {
        "error": name_of(error),
        "message": first_line(error),
        "traceback": _frames(error),
    }


def first_line(message: object) -> str:
    """Short enough for a line, whatever its own methods do."""
    try:
        lines = str(message).splitlines()
    except Exception:  # noqa: BLE001 -- a failing __str__ must not cost the line
        return "(cannot be shown)"
    return (lines or [""])[0][:_MESSAGE_CHARACTERS]


def _frames(error: BaseException) -> str:
    """The code that an exception came through, and the exceptions before it; no messages."""
    parts: list[str] = []
    one: BaseException | None = error
    while one is not None and len(parts) < _CHAIN:
        parts.insert(0, "".join(traceback.format_tb(one.__traceback__)) + name_of(one))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    text = "\nand then\n".join(parts)
    if len(text) <= _HEAD + _TAIL:
        return text
    return f"{text[:_HEAD]}\n… cut …\n{text[-_TAIL:]}"


def name_of(error: BaseException) -> str:
    """The class of an exception."""
    return type(error).__qualname__


LOGGER.addFilter(_of_its_own)
