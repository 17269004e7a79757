"""The scene of a story, and the great one, told once for all tests that ask about it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest

from tests.cluster.installer import Helm
from tests.cluster.live import LiveCluster
from tests.kubernetes.conftest import Say
from tests.kubernetes.story.artifacts import artifact
from tests.kubernetes.story.picture import draw
from tests.kubernetes.story.scene import Scene
from tests.kubernetes.story.stage import load_images, staged
from tests.kubernetes.story.telling import QUEUE, tell
from tests.kubernetes.story.timeline import Timeline

Stage = Callable[..., AbstractContextManager[Scene]]


@pytest.fixture(scope="session")
def stage(node: LiveCluster, helm: Helm, say: Say) -> Stage:
    """`with stage() as scene:`: as `staged`."""
    load_images(node, say=say)
    return partial(staged, node, helm)


@pytest.fixture
def scene(stage: Stage) -> Iterator[Scene]:
    """One of the test's own."""
    with stage() as own:
        yield own


@pytest.fixture(scope="session")
def told(stage: Stage, say: Say) -> Timeline:
    """The story. Its picture is kept whatever the tests say of it."""
    with stage() as scene:
        timeline = tell(scene, say=say)
    say(f"drawn: {draw(timeline, path=artifact(f'{QUEUE}.png'))}")
    return timeline
