"""Redis swallows all it is sent while a queue is busy: what must hold, for any length."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event

from giveway.clock import monotonic
from giveway.testing import embedded_server
from tests.cluster.cluster import Cluster
from tests.integration.worker.waiting import until
from tests.proxy.proxy import Proxy
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.producer import Producer
from tests.reconcile.running import RunningOperator
from tests.reconcile.scene import Scene

TOLD_SECONDS = 15.0
_LOADED = 40
_WATCHED_SECONDS = 10.0  # after it is back: several looks of the operator, whatever its settings


@dataclass(frozen=True, slots=True)
class Outage:
    """What is chosen of it: its length, the bounds and windows, and how often the operator looks.

    The operator's settings are those of `RunningOperator`, `scaling` is in the words of the spec.
    """

    seconds: float
    scaling: Mapping[str, object]
    settings: Mapping[str, object]


def blackholed(
    cluster: Cluster, namespace: str, run_operator: StartOperator, outage: Outage
) -> None:
    """Not one replica fewer; a condition within 15 s; afterwards not one more than before."""
    with embedded_server() as server, Proxy("127.0.0.1", server.port) as between:
        scene = Scene(cluster, namespace, redis_url=f"redis://127.0.0.1:{between.port}/0")
        scene.secret()
        scene.deployment()
        scene.resource(worker=None, **outage.scaling)
        operator = run_operator(None, **outage.settings)
        Producer(namespace, server.url).push(_LOADED)
        until(lambda: scene.status.get("backlog") == _LOADED, what="the load to be seen")
        settled = _steady(scene)
        assert settled > 1, "else nobody could be taken away"

        told_after = _goes(scene, operator, between, seconds=outage.seconds, settled=settled)
        _comes_back(scene, between, settled=settled)
    print(f"said after {told_after:.1f} s; {settled} replicas all along")


def _goes(
    scene: Scene, operator: RunningOperator, between: Proxy, *, seconds: float, settled: int
) -> float:
    """Seconds until it was told."""
    between.freeze()
    began = monotonic()
    scene.says("MetricsAvailable", "Timeout", within=TOLD_SECONDS)
    told_after = monotonic() - began
    assert _seen(scene, until_at=began + seconds) == {settled}
    assert scene.condition("Ready")["status"] == "False"
    assert "not seen for" in scene.status["decision"]
    assert operator.health["alive"] is True
    return told_after


def _comes_back(scene: Scene, between: Proxy, *, settled: int) -> None:
    between.heal()
    between.cut()
    scene.says("MetricsAvailable", "Read", within=60)
    # As much is waiting as before.
    assert _seen(scene, until_at=monotonic() + _WATCHED_SECONDS) == {settled}


def _steady(scene: Scene) -> int:
    """The number that the load has come to."""
    seen = [scene.replicas]

    def same() -> bool:
        seen.append(scene.replicas)
        Event().wait(0.3)
        return len(seen) > 8 and len(set(seen[-8:])) == 1 and seen[-1] > 0

    until(same, what="the replicas to settle", within=60)
    return seen[-1]


def _seen(scene: Scene, *, until_at: float) -> set[int]:
    """All numbers of replicas that were asked for until then."""
    seen = {scene.replicas}
    while monotonic() < until_at:
        seen.add(scene.replicas)
        Event().wait(0.2)
    return seen
