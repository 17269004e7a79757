"""Two operators of one namespace: one acts, and the other takes over when it is killed."""

from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.producer import Producer
from tests.reconcile.running import RunningOperator
from tests.reconcile.scene import Scene


def leads(operator: RunningOperator) -> bool:
    return bool(operator.health["leader"])


def written(operator: RunningOperator) -> float:
    """What it has written but for its attempts at the Lease."""
    scraped = operator.port.scrape()
    return scraped.total("giveway_operator_scalings_total") + scraped.total(
        "giveway_operator_status_writes_total"
    )


def test_one_acts_and_the_other_takes_over_after_a_kill(
    scene: Scene, producer: Producer, run_operator: StartOperator
) -> None:
    scene.deployment()
    scene.resource(maxReplicas=3)
    first = run_operator()
    until(lambda: leads(first), what="the first to lead")
    second = run_operator()
    producer.push()
    scene.scaled_to(1)
    second.looks(4)
    assert (leads(first), leads(second)) == (True, False)
    assert written(second) == 0
    assert second.event("standing_by")["holder"]

    first.kill()
    producer.push(100)

    scene.scaled_to(3)
    assert leads(second)
    assert "ScaledUp" in {one["reason"] for one in scene.api.get(scene.path("events"))["items"]}


def test_who_is_told_to_end_lets_the_other_begin_at_once(
    scene: Scene, producer: Producer, run_operator: StartOperator
) -> None:
    scene.deployment()
    scene.resource(maxReplicas=3)
    first = run_operator(lease_seconds=30)
    until(lambda: leads(first), what="the first to lead")
    second = run_operator(lease_seconds=30)

    assert first.stop() == 0

    # Far less than the Lease would last: it was released.
    until(lambda: leads(second), what="the second to lead", within=15)
    producer.push(100)
    scene.scaled_to(3)
