"""The watch on PriorityQueues falls silent: scaling goes on, and the watch is begun anew."""

from pathlib import Path

from giveway.clock import monotonic
from tests.cluster.proxy import ApiProxy
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.producer import Producer
from tests.reconcile.scene import NAME, Scene


def silenced(
    scene: Scene,
    api_proxy: ApiProxy,
    run_operator: StartOperator,
    kubeconfig: Path,
    *,
    watch_seconds: int,
    given_up_seconds: float,
) -> None:
    """`scene` has its Secret; `kubeconfig`: where the one of the proxy may be written."""
    scene.deployment()
    scene.resource(minReplicas=1)
    # The list that is read beside the watch would hide that the watch says nothing.
    run_operator(api_proxy.kubeconfig(kubeconfig), watch_seconds=watch_seconds, list_seconds=3600)
    scene.scaled_to(1)
    until(lambda: api_proxy.silence_watches() == 1, what="the operator's watch")
    began = monotonic()

    Producer(scene.namespace, scene.redis_url).push(500, seconds=1.0)
    until(lambda: scene.replicas > 1, what="the load to be followed meanwhile")
    assert api_proxy.seen("watch", "priorityqueues", since=began) == []

    scene.api.merge(scene.path("priorityqueues", NAME), {"spec": {"scaling": {"replicas": 7}}})
    scene.scaled_to(7, within=given_up_seconds)
    again = api_proxy.seen("watch", "priorityqueues", since=began)
    print(f"a new watch after {again[0].at - began:.1f} s")
    assert again[0].at - began < given_up_seconds
