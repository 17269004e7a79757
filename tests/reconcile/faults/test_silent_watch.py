"""The watch on PriorityQueues falls silent: scaling goes on, and the watch is begun anew.

`watch_seconds` is short here: a watch that says nothing is given up ten seconds after the server
should have ended it, or 65 s after its last word, whichever is first. With the defaults it is the
latter: that is in `tests/soak`.
"""

from pathlib import Path

from tests.cluster.proxy import ApiProxy
from tests.reconcile.conftest import StartOperator
from tests.reconcile.faults.silenced import silenced
from tests.reconcile.scene import Scene

WATCH_SECONDS = 5
GIVEN_UP_SECONDS = WATCH_SECONDS + 10
SLACK_SECONDS = 10  # a loaded machine


def test_a_silent_watch_stops_no_scaling_and_is_begun_anew(
    scene: Scene, api_proxy: ApiProxy, run_operator: StartOperator, tmp_path: Path
) -> None:
    scene.secret()
    silenced(
        scene,
        api_proxy,
        run_operator,
        tmp_path / "through-the-proxy",
        watch_seconds=WATCH_SECONDS,
        given_up_seconds=GIVEN_UP_SECONDS + SLACK_SECONDS,
    )
