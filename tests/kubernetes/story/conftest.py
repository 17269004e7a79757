"""The scene of a story, and the great one, told once for all tests that ask about it."""

from collections.abc import Iterator

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


@pytest.fixture(scope="session")
def release(node: LiveCluster, helm: Helm, say: Say) -> Iterator[Scene]:
    """Installed once for all stories, as installing takes as long as some of them."""
    load_images(node, say=say)
    with staged(node, helm) as scene:
        say("chart and operator are ready")
        yield scene


@pytest.fixture
def scene(release: Scene) -> Iterator[Scene]:
    """The same, without any queue."""
    release.clear()
    yield release
    release.clear()


@pytest.fixture(scope="session")
def told(release: Scene, say: Say) -> Timeline:
    """The story. Its picture is kept whatever the tests say of it."""
    picture = artifact(f"{QUEUE}.png")
    picture.unlink(missing_ok=True)  # that of a run before proves nothing
    release.clear()
    timeline = tell(release, say=say)
    release.clear()
    say(f"drawn: {draw(timeline, path=picture)}")
    return timeline
