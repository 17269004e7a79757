"""What kopf says of its watch, in our words: which request failed, why, and what would mend it.

kopf writes a line for each attempt of a request and one with a traceback for each of its tasks that
ends by the last, and gives up a minute later. Here the first of them becomes one event of ours.
What is no answer of the API server and no broken connection is a surprise, and is written as kopf
said it.

Invariant: a failure is told once, however many tasks it ends.
"""

import logging
import re

from giveway.telemetry.events import event, first_line
from giveway_operator.cluster.errors import Asked
from giveway_operator.cluster.translate import forbidden
from giveway_operator.model import GROUP, PLURAL

_FORBIDDEN = 403
_ATTEMPT = "Request attempt "  # kopf._cogs.clients.api; if they all fail, a task of kopf ends by it
_NAMESPACE = re.compile(r'in the namespace "([^"]+)"')


class Told(logging.Handler):
    """Stands where kopf's lines would go on to everybody's handlers, from `listen` to `leave`."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._last: BaseException | None = None

    def listen(self) -> None:
        """Take over what kopf says. Its warnings are about signals, which are ours."""
        said = logging.getLogger("kopf")
        said.setLevel(logging.ERROR)
        said.propagate = False
        said.addHandler(self)

    def leave(self) -> None:
        """Let kopf speak for itself again."""
        said = logging.getLogger("kopf")
        said.removeHandler(self)
        said.propagate = True

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith(_ATTEMPT):
            return
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and _expected(error):
            self.ended(error)
        else:
            logging.getLogger().handle(record)

    def ended(self, error: BaseException) -> None:
        """The watch has ended by this, which may have been told already."""
        if error is self._last:
            return
        self._last = error
        if _expected(error):
            event("watch_ended", level="warning", message=explained(error))
        else:
            event("watch_ended", level="error", raised=error)


def explained(error: BaseException) -> str:
    """One line. kopf's errors have the answer's `status` and `message`."""
    said = first_line(getattr(error, "message", None) or error) or type(error).__name__
    where = _NAMESPACE.search(said)
    asked = Asked("watch", GROUP, PLURAL, namespace=where[1] if where else "")
    if getattr(error, "status", None) == _FORBIDDEN:
        return str(forbidden(said, asked))
    return f"watch {PLURAL}: {said}"


def _expected(error: BaseException) -> bool:
    """An answer of the API server, a connection that broke, no credentials that work."""
    if isinstance(getattr(error, "status", None), int) or isinstance(error, OSError | TimeoutError):
        return True
    return type(error).__module__.partition(".")[0] in ("aiohttp", "kopf")
