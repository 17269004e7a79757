"""Redis that swallows all it is sent while a queue is busy: what must hold, for any length."""

from threading import Event

from giveway.clock import monotonic
from tests.integration.worker.waiting import until
from tests.proxy.proxy import Proxy
from tests.reconcile.loop.producer import Producer
from tests.reconcile.running import RunningOperator
from tests.reconcile.scene import Scene

TOLD_SECONDS = 15.0
_LOADED = 40


def blackholed(
    scene: Scene,
    operator: RunningOperator,
    producer: Producer,
    between: Proxy,
    *,
    seconds: float,
) -> None:
    """Not one replica fewer; a condition within 15 s; afterwards not one more than before."""
    producer.push(_LOADED)
    until(lambda: scene.status.get("backlog") == _LOADED, what="the load to be seen")
    settled = _steady(scene)
    between.freeze()
    began = monotonic()

    scene.says("MetricsAvailable", "Timeout", within=TOLD_SECONDS)

    told_after = monotonic() - began
    lowest = _lowest(scene, until_at=began + seconds)
    assert lowest == settled, f"{lowest} replicas of {settled} while Redis was away"
    assert scene.condition("Ready")["status"] == "False"
    assert "not seen for" in scene.status["decision"]
    assert operator.health["alive"] is True

    between.heal()
    between.cut()

    scene.says("MetricsAvailable", "Read", within=60)
    highest = settled
    ends = monotonic() + 10
    while monotonic() < ends:
        highest = max(highest, scene.replicas)
        Event().wait(0.2)
    assert highest == settled, "no jump: as much is waiting as before"
    print(f"said after {told_after:.1f} s; {settled} replicas all along")


def _steady(scene: Scene) -> int:
    """The number that the load has come to."""
    seen = [scene.replicas]

    def same() -> bool:
        seen.append(scene.replicas)
        Event().wait(0.3)
        return len(seen) > 8 and len(set(seen[-8:])) == 1 and seen[-1] > 0

    until(same, what="the replicas to settle", within=60)
    return seen[-1]


def _lowest(scene: Scene, *, until_at: float) -> int:
    lowest = scene.replicas
    while monotonic() < until_at:
        lowest = min(lowest, scene.replicas)
        Event().wait(0.2)
    return lowest
