"""A resource names another queue: the old one is handed back, the new one is taken charge of."""

from giveway.core.keys import QueueKeys
from giveway.store import reads
from giveway.store.connect import connect
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import NAME, Scene


def test_the_queue_that_was_left_is_given_back(scene: Scene, run_operator: StartOperator) -> None:
    scene.secret()
    scene.deployment()
    scene.resource()
    store = connect(scene.redis_url, name="giveway:-:tests-1:test")

    def owner(queue: str) -> str:
        control = store.run(reads.control(QueueKeys(queue)))
        return "" if control is None else control.owner

    run_operator()
    old, new = scene.namespace, f"{scene.namespace}-too"
    until(lambda: owner(old) == "operator", what="the queue to be taken charge of")
    scene.api.merge(scene.path("priorityqueues", NAME), {"spec": {"queue": new}})
    until(lambda: owner(new) == "operator", what="the new queue to be taken charge of")
    until(lambda: owner(old) == "app", what="the old queue to be given back")
    store.close()
