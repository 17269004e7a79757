"""A worker by hand: claims and settles one task at a time, so that a test decides when."""

from giveway import Giveway
from giveway.client.lanes import Lanes
from giveway.core.keys import QueueKeys
from giveway.core.remote_error import RemoteError, encode_error
from giveway.core.task import Claimed, Outcome, Settlement, Wanted
from giveway.store.commands import Commands

LEASE_US = 30_000_000


class Hand:
    """Serves every tier of an app's queue."""

    def __init__(self, app: Giveway) -> None:
        self._app = app
        self._commands = Commands(QueueKeys(app.queue))
        self._lanes = Lanes()

    def claim(self) -> Claimed:
        """The most urgent task; there has to be one."""
        (claimed,) = self._settle_claim(wanted=Wanted(self._app.tiers, 1))
        return claimed

    def done(self, task: Claimed, value: bytes) -> None:
        self._settle_claim(Settlement(task.id, task.fence, Outcome.DONE, value))

    def dead(self, task: Claimed, error: RemoteError) -> None:
        value = encode_error(error)
        self._settle_claim(Settlement(task.id, task.fence, Outcome.DEAD, value, reason="failed"))

    def _settle_claim(
        self, *settlements: Settlement, wanted: Wanted | None = None
    ) -> tuple[Claimed, ...]:
        with self._lanes.hold() as lane:
            command = self._commands.settle_claim(
                lane.next(), owner="hand", lease_us=LEASE_US, settlements=settlements, wanted=wanted
            )
            reply = self._app.client.store.run(command)
        assert reply.lost == ()
        return reply.claimed
