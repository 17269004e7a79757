"""The watch on PriorityQueues falls silent: scaling goes on, and the watch is begun anew.

`watch_seconds` is short here: a watch that says nothing is given up ten seconds after the server
should have ended it, or 65 s after its last word, whichever is first. With the defaults it is the
latter; `make soak` waits for that.
"""

import time
from pathlib import Path

from tests.cluster.proxy import ApiProxy
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.producer import Producer
from tests.reconcile.scene import NAME, Scene

WATCH_SECONDS = 5
GIVEN_UP_SECONDS = WATCH_SECONDS + 10
SLACK_SECONDS = 10  # a loaded machine


def test_a_silent_watch_stops_no_scaling_and_is_begun_anew(
    scene: Scene, api_proxy: ApiProxy, run_operator: StartOperator, tmp_path: Path
) -> None:
    scene.secret()
    scene.deployment()
    scene.resource(minReplicas=1)
    kubeconfig = api_proxy.kubeconfig(tmp_path / "through-the-proxy")
    # The list that is read beside the watch would hide that the watch says nothing.
    run_operator(kubeconfig, watch_seconds=WATCH_SECONDS, list_seconds=3600)
    scene.scaled_to(1)
    until(lambda: api_proxy.silence_watches() == 1, what="the operator's watch")
    began = time.monotonic()

    Producer(scene.namespace, scene.redis_url).push(500, seconds=1.0)
    until(lambda: scene.replicas > 1, what="the load to be followed meanwhile")
    assert api_proxy.seen("watch", "priorityqueues", since=began) == []

    scene.api.merge(scene.path("priorityqueues", NAME), {"spec": {"scaling": {"replicas": 7}}})
    scene.scaled_to(7, within=GIVEN_UP_SECONDS + SLACK_SECONDS)
    again = api_proxy.seen("watch", "priorityqueues", since=began)
    assert again[0].at - began < GIVEN_UP_SECONDS + SLACK_SECONDS
