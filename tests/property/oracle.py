"""What the model may learn from the real side: fences, and the ids that adopted elements got.

Each is checked where it is used: a fence must exceed the one before, an adopted element must be
known by its bytes (the machine makes every element different).
"""

from collections.abc import Sequence

from giveway.core.task import Claimed
from tests.property.raw import Raw


class Oracle:
    """The tasks of the real answer in the order in which they were claimed, and the state after."""

    def __init__(self, seen: Raw, claimed: Sequence[Claimed] = ()) -> None:
        self._seen = seen
        self._claimed = iter(claimed)

    def next_claim(self) -> Claimed | None:
        return next(self._claimed, None)

    def fence_of(self, id_: str) -> int | None:
        """The fence in the hash of `id_`; None if it has none, or has been trimmed already."""
        run = self._seen.hashes.get(f"task:{id_}", {}).get("run")
        return int(run.split(b":")[1]) if run else None

    def adopted(self, element: bytes) -> str | None:
        """The id that these bytes live under."""
        for key, fields in self._seen.hashes.items():
            if key.startswith("task:raw-") and fields.get("payload") == element:
                return key.removeprefix("task:")
        return None
