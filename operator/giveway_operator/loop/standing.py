"""An operator that does not lead says for whom it waits, or why it cannot know.

Without a word a second operator, one whose API server is out of reach and one without the right to
the Lease look alike: nothing happens. Told on change only; who leads is told by `main`.
"""

from giveway.telemetry.events import event
from giveway_operator.cluster.lease import Lease


class Standing:
    """One for each Lease. `look`: every second or so."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._told = ""

    async def look(self) -> None:
        """Says what is new."""
        lease = self._lease
        if lease.holding:
            self._told = ""
        elif lease.trouble is not None and self._is_new(message := str(lease.trouble)):
            event("lease_not_read", level="warning", message=message)
        elif lease.trouble is None and lease.holder and self._is_new(lease.holder):
            event("standing_by", holder=lease.holder)

    def _is_new(self, said: str) -> bool:
        before, self._told = self._told, said
        return said != before
