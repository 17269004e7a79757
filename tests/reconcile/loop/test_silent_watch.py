"""A watch that falls silent is noticed, and scaling goes on meanwhile."""

from pathlib import Path

from tests.cluster.proxy import ApiProxy, Silence
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.producer import Producer
from tests.reconcile.scene import NAME, Scene


def test_what_a_silent_watch_does_not_tell_is_found_by_the_list(
    scene: Scene,
    producer: Producer,
    run_operator: StartOperator,
    api_proxy: ApiProxy,
    tmp_path: Path,
) -> None:
    scene.deployment()
    scene.resource(maxReplicas=2)
    operator = run_operator(api_proxy.kubeconfig(tmp_path / "proxied"), list_seconds=3)
    until(lambda: api_proxy.watches == 1, what="the watch")
    assert scene.says("Ready", "Ready").startswith("True")
    api_proxy.inject(Silence(), verb="watch")
    assert api_proxy.silence_watches() == 1

    producer.push(100)

    scene.scaled_to(2)
    scene.api.merge(scene.path("priorityqueues", NAME), {"spec": {"scaling": {"maxReplicas": 5}}})
    scene.scaled_to(5)
    assert operator.port.scrape().total("giveway_operator_watch_gaps_total") >= 1
    assert operator.health["alive"] is True


def test_what_is_deleted_under_a_silent_watch_is_forgotten(
    scene: Scene, run_operator: StartOperator, api_proxy: ApiProxy, tmp_path: Path
) -> None:
    scene.deployment()
    scene.resource()
    operator = run_operator(api_proxy.kubeconfig(tmp_path / "proxied"), list_seconds=3)
    until(lambda: api_proxy.watches == 1, what="the watch")
    until(lambda: operator.health["queues"] == 1, what="the queue to be known")
    api_proxy.inject(Silence(), verb="watch")
    assert api_proxy.silence_watches() == 1

    scene.api.delete(scene.path("priorityqueues", NAME))

    until(lambda: operator.health["queues"] == 0, what="the queue to be forgotten")
