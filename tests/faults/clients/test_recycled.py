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
        well = worker()
        busy = shop.put("step", "hold:gate", value=4)
        shop.held(busy)  # its claim loop runs it, and asks Redis nothing for all of this test
        frozen = worker()

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

        until(lambda: silent_seconds() > GHOST_SECONDS / 2, what="a long silence", within=60)
        charge = lambda: [haunted.charge(resource_uid="", pods=())]  # noqa: E731 -- three looks
        assert closed_by(cycles(haunted, charge, charge)) == [set(), set()], "not yet"
        # Ages are whole seconds, and nobody is judged in the first thirty.
        until(lambda: silent_seconds() > GHOST_SECONDS + 2, what="a longer one", within=60)
        ghosts = owned()[theirs]
        found = cycles(haunted, charge, charge)
        assert closed_by(found) == [set(), ghosts]
        assert {one.why for one in found[1].closed} == {Stale.OWNER_SILENT}
        assert theirs not in owned()
        (others,) = both.keys() - {theirs}
        assert both[others] <= owned()[others], "who is busy rests, and is left"
        frozen.signal(signal.SIGCONT)
        until(lambda: theirs in owned(), what="its new connections")
        shop.open("gate")
        assert busy.result(20) == 4
        assert well.stop() == 0
        assert shop.put("step", value=5).result(20) == 5
        assert frozen.stop() == 0
