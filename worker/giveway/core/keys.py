"""Every Redis key of a queue, composed in one place.

All keys of a queue share the prefix `giveway:{queue}:`; the braces are a Redis Cluster hash tag, so
a queue lives in one slot and a script may touch all of it. Scripts get the fixed keys as KEYS and
compose the per-tier and per-task ones in `store/lua/includes/keys.lua`, which a test compares with
this file. What each key holds stands in `docs/protocol.md`.

Invariant: names and ids are checked before they become part of a key, so no key can be forged.
"""

import re
from dataclasses import dataclass
from typing import Final

from giveway.errors import ConfigurationError

BELL: Final = "giveway:bell"  # the channel that wakes the operator; one for all queues

_QUEUE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)


def valid_id(text: str) -> bool:
    """Whether `text` may stand in a key: a task's id, an owner, a requester."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class QueueKeys:
    """The keys of one queue. Raises `ConfigurationError` for a name that cannot be one."""

    queue: str

    def __post_init__(self) -> None:
        if _QUEUE.fullmatch(self.queue) is None:
            raise ConfigurationError(
                f"queue {self.queue!r} is not a valid name: use 1 to 63 of A-Z a-z 0-9 . _ - "
                "and begin with a letter or a digit"
            )

    @property
    def prefix(self) -> str:
        return f"giveway:{{{self.queue}}}:"

    # Fixed keys: passed to the scripts as KEYS.

    @property
    def control(self) -> str:
        return f"{self.prefix}control"

    @property
    def stats(self) -> str:
        return f"{self.prefix}stats"

    @property
    def dead(self) -> str:
        return f"{self.prefix}dead"

    @property
    def done(self) -> str:
        return f"{self.prefix}done"

    @property
    def done_batches(self) -> str:
        return f"{self.prefix}done:batches"

    @property
    def workers(self) -> str:
        return f"{self.prefix}workers"

    @property
    def workers_seen(self) -> str:
        return f"{self.prefix}workers:seen"

    @property
    def closings(self) -> str:
        """No script knows it: the operator notes there what it has closed."""
        return f"{self.prefix}closings"

    def request(self, requester: str) -> str:
        return f"{self.prefix}request:{requester}"

    # Per tier and per task: composed again by includes/keys.lua.

    def tier(self, name: str) -> str:
        return f"{self.prefix}tier:{name}"

    def back(self, name: str) -> str:
        return f"{self.prefix}back:{name}"

    def lease(self, name: str) -> str:
        return f"{self.prefix}lease:{name}"

    def batches(self, name: str) -> str:
        return f"{self.prefix}batches:{name}"

    def suspended(self, name: str) -> str:
        return f"{self.prefix}suspended:{name}"

    def delayed(self, name: str) -> str:
        return f"{self.prefix}delayed:{name}"

    def wake(self, name: str) -> str:
        return f"{self.prefix}wake:{name}"

    def task(self, id: str) -> str:
        return f"{self.prefix}task:{id}"

    def items(self, id: str) -> str:
        return f"{self.prefix}items:{id}"

    def unique(self, id: str) -> str:
        return f"{self.prefix}unique:{id}"
