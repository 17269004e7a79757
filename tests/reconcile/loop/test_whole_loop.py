"""The whole loop: a producer, a queue, the operator, the Deployment, and workers in its pods."""

from typing import Any

from giveway.core.keys import QueueKeys
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.fleet import Fleet
from tests.reconcile.loop.producer import Producer
from tests.reconcile.scene import NAME, Scene


def reasons(scene: Scene) -> set[str]:
    found = scene.api.get(scene.path("events"))["items"]
    return {one["reason"] for one in found if one["involvedObject"]["kind"] == "PriorityQueue"}


def merge(scene: Scene, body: dict[str, Any]) -> None:
    scene.api.merge(scene.path("priorityqueues", NAME), body)


def test_a_queue_that_is_filled_gets_replicas_and_says_why(
    scene: Scene, producer: Producer, run_operator: StartOperator
) -> None:
    scene.deployment()
    scene.resource(maxReplicas=6)
    operator = run_operator()
    assert scene.says("Ready", "Ready").startswith("True")

    producer.push(40)

    until(lambda: scene.replicas > 1, what="more than one replica")
    status = until(
        lambda: scene.status if scene.status.get("backlog") == 40 else None,
        what="a status that tells of 40 tasks",
    )
    assert status is not None
    assert status["decision"].startswith("high: 40 tasks, oldest ")
    assert status["desiredReplicas"] == status["replicas"] == scene.replicas <= 6
    assert (status["bindingTier"], status["selector"]) == ("high", f"app={NAME}")
    assert [(tier["name"], tier["waiting"]) for tier in status["tiers"]] == [
        ("high", 40),
        ("low", 0),
    ]
    assert until(lambda: "ScaledUp" in reasons(scene), what="an event")
    scraped = operator.port.scrape()
    assert scraped.total("giveway_operator_queue_depth", tier="high") == 40
    assert scraped.total("giveway_operator_replicas", kind="desired") == scene.replicas
    assert scraped.total("giveway_operator_leader") == 1


def test_pods_that_are_not_needed_drain_before_they_go(
    controllers: Any, fleet: Fleet, scene: Scene, producer: Producer, run_operator: StartOperator
) -> None:
    fleet.deployment()
    scene.resource(maxReplicas=3, downWindowSeconds=1, zeroWindowSeconds=1, startupSeconds=1)
    run_operator()

    producer.push(60, seconds=0.2)

    fleet.comes_to(3)
    fleet.comes_to(0)
    told = {pod: [event["event"] for event in events] for pod, events in fleet.gone.items()}
    assert told
    assert all(events == ["draining"] for events in told.values()), told
    assert "ScaledDown" in reasons(scene)


def test_a_change_of_the_resource_is_followed_at_once(
    scene: Scene, producer: Producer, run_operator: StartOperator
) -> None:
    scene.deployment()
    scene.resource(maxReplicas=2)
    run_operator()
    producer.push(200)
    scene.scaled_to(2)
    assert scene.says("ScalingLimited", "MaxReplicas").startswith("True")

    merge(scene, {"spec": {"scaling": {"maxReplicas": 5}}})

    scene.scaled_to(5)
    generation = scene.api.get(scene.path("priorityqueues", NAME))["metadata"]["generation"]
    until(lambda: scene.status["observedGeneration"] == generation, what="its generation")


def test_annotations_win_over_the_spec(
    scene: Scene, producer: Producer, run_operator: StartOperator
) -> None:
    scene.deployment()
    scene.resource(maxReplicas=4)
    merge(scene, {"metadata": {"annotations": {"giveway.dev/dry-run": "true"}}})
    operator = run_operator()
    producer.push(100)

    assert scene.says("ScalingActive", "DryRun").startswith("False")
    until(lambda: scene.status.get("desiredReplicas") == 4, what="a decision")
    assert scene.status["decision"].endswith("(not done: dry run)")
    operator.looks(3)
    assert scene.replicas == 0
    merge(scene, {"metadata": {"annotations": {"giveway.dev/dry-run": None}}})
    scene.scaled_to(4)
    merge(scene, {"metadata": {"annotations": {"giveway.dev/pause": "all"}}})
    assert scene.says("Paused", "PausedAll").startswith("True")
    merge(scene, {"spec": {"scaling": {"maxReplicas": 9}}})
    operator.looks(4)
    assert scene.replicas == 4


def test_a_deleted_resource_gives_back_what_it_took(
    scene: Scene, producer: Producer, run_operator: StartOperator, redis: Any
) -> None:
    scene.deployment()
    scene.resource()
    operator = run_operator()
    producer.push()
    scene.scaled_to(1)
    control = QueueKeys(scene.namespace).control
    until(lambda: redis.hget(control, "owner") == b"operator", what="its tiers to be declared")

    scene.api.delete(scene.path("priorityqueues", NAME))

    until(lambda: redis.hget(control, "owner") == b"app", what="the queue to be given back")
    until(lambda: "queue_taken_back" in operator.told, what="the end of the farewell")
    assert operator.port.scrape().all("giveway_operator_queue_depth") == []
    assert operator.health["queues"] == 0
    assert scene.replicas == 1, "what runs on a Deployment that was there before stays"


def test_a_template_becomes_a_deployment_that_follows_the_load(
    scene: Scene, producer: Producer, run_operator: StartOperator
) -> None:
    scene.resource(worker={"template": {"app": "shop:app", "image": "shop:1"}}, maxReplicas=3)
    run_operator()
    until(lambda: scene.api.exists(scene.path("deployments", NAME)), what="the Deployment")
    assert scene.replicas == 0

    producer.push(100)

    scene.scaled_to(3)
    merge(scene, {"spec": {"worker": {"template": {"image": "shop:2"}}}})
    path = scene.path("deployments", NAME)
    until(
        lambda: (
            scene.api.get(path)["spec"]["template"]["spec"]["containers"][0]["image"] == "shop:2"
        ),
        what="the new image",
    )
    assert scene.replicas == 3


def test_what_was_deleted_while_nobody_ran_is_taken_back_by_the_next_operator(
    scene: Scene, producer: Producer, run_operator: StartOperator, redis: Any
) -> None:
    scene.deployment()
    scene.resource()
    first = run_operator()
    producer.push()
    scene.scaled_to(1)
    control = QueueKeys(scene.namespace).control
    until(lambda: redis.hget(control, "owner") == b"operator", what="its tiers to be declared")
    notes = f"/api/v1/namespaces/{scene.namespace}/configmaps/giveway-operator-charges"
    until(lambda: scene.api.exists(notes), what="the note")
    first.kill()
    scene.api.delete(scene.path("priorityqueues", NAME))

    second = run_operator()

    until(lambda: redis.hget(control, "owner") == b"app", what="the queue to be given back")
    second.event("queue_taken_back")
    until(lambda: not scene.api.get(notes).get("data"), what="the note to be gone")
