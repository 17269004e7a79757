"""From no pod to a task's first line. `python -m benchmarks.from_zero_pods` does it ten times."""

import pytest

from tests.kubernetes.conftest import Say
from tests.kubernetes.story.from_zero import from_zero, table
from tests.kubernetes.story.scene import Scene

pytestmark = pytest.mark.timeout(900)  # the first one builds an image and starts a cluster

# What happened is true to the instant only for who did it; a busy test hears of it later.
HEARD_LATE_SECONDS = 0.25


def test_bell_scale_pod_schedule_container_and_python_come_in_this_order(
    scene: Scene, say: Say
) -> None:
    with from_zero(scene) as zero:
        starts = [zero.wake() for _ in range(2)]
    say(f"from zero to running:\n{table(starts)}")
    for start in starts:
        assert all(seconds >= -HEARD_LATE_SECONDS for seconds in start.parts.values()), start.parts
        assert start.enqueued_at < start.bell_at
        assert start.enqueued_at < start.container_at < start.task_at
