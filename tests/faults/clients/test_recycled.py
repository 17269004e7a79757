"""A frozen worker is judged by its heartbeat alone, and nothing is moved here but real time."""

import signal
from contextlib import closing

from giveway.core.connection import GHOST_SECONDS, Stale
from giveway.store.connections import connections
from tests.integration.operator.ghostly import Haunted, closed_by, cycles
from tests.integration.worker.conftest import StartWorker, shop, worker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

__all__ = ["shop", "worker"]  # fixtures


def test_a_worker_elsewhere_that_froze_loses_its_connections_after_half_a_minute(
    shop: Shop, worker: StartWorker
) -> None:
    with closing(Haunted(shop.url, shop.queue)) as haunted:
        frozen, well = worker(), worker()

        def owned() -> dict[str, set[int]]:
            found = haunted.store.run(connections(key=haunted.keys.control))
            owners: dict[str, set[int]] = {}
            for one in found:
                if one.queue == shop.queue and one.of_a_worker:
                    owners.setdefault(one.owner, set()).add(one.id)
            return owners

        until(lambda: len(owned()) == 2, what="two workers")
        both = owned()
        (theirs,) = [name for name in both if f".{frozen.pid}." in name]
        frozen.signal(signal.SIGSTOP)

        def silent_seconds() -> float:
            return next(
                one.silent_seconds for one in haunted.facts().workers if one.incarnation == theirs
            )

        until(lambda: silent_seconds() > GHOST_SECONDS - 1, what="a long silence", within=60)
        charge = lambda: [haunted.charge(resource_uid="", pods=())]  # noqa: E731 -- three looks
        assert closed_by(cycles(haunted, charge, charge)) == [set(), set()], "not yet"
        until(lambda: silent_seconds() > GHOST_SECONDS, what="a longer one")
        ghosts = owned()[theirs]
        found = cycles(haunted, charge, charge)
        assert closed_by(found) == [set(), ghosts]
        assert {one.why for one in found[1].closed} == {Stale.OWNER_SILENT}
        assert theirs not in owned()
        assert both.keys() - {theirs} <= owned().keys()
        frozen.signal(signal.SIGCONT)
        until(lambda: theirs in owned(), what="its new connections")
        assert well.stop() == 0
        assert shop.put("step", value=5).result(20) == 5
        assert frozen.stop() == 0
