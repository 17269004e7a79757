"""The images, built before the first test, each taken apart once for a run."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cluster.build import Unavailable
from tests.cluster.images import (
    operator_image,
    python_image,
    shop_image,
    valkey_image,
    worker_image,
)
from tests.cluster.images.needs import missing
from tests.images.image import Image, open_image

HERE = Path(__file__).parent
BUILDS: dict[str, Callable[..., Path]] = {
    "python": python_image,
    "worker": worker_image,
    "operator": operator_image,
    "shop": shop_image,
    "valkey": valkey_image,
}
_left_out: list[str] = []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Minutes of building are no test's; where none can be built, these tests are left out, but in
    CI they stay and fail."""
    mine = [item for item in items if item.path.is_relative_to(HERE)]
    if missing() and not os.environ.get("CI"):
        _left_out.extend(item.nodeid for item in mine)
        config.hook.pytest_deselected(items=mine)
        items[:] = [item for item in items if item not in mine]
    elif mine and not config.option.collectonly:
        _build_all()


def _build_all() -> None:
    """What fails is told here, and again by the fixture of each test that needed it."""
    for build in BUILDS.values():
        try:
            build(say=_say)
        except Unavailable as reason:
            _say(str(reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _left_out:
        terminalreporter.section("left out", sep="!", red=True, bold=True)
        what = f"{len(_left_out)} tests of the images were LEFT OUT: {missing()}"
        terminalreporter.write_line(what, red=True)


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, file=sys.__stderr__, flush=True)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """For what is too big to be kept after a run, as pytest keeps its own folders."""
    with TemporaryDirectory(prefix="giveway-images-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def opened(scratch: Path) -> Callable[[str], Image]:
    """An image by its short name."""
    found: dict[str, Image] = {}

    def get(name: str) -> Image:
        if name not in found:
            found[name] = open_image(BUILDS[name](), folder=scratch / name)
        return found[name]

    return get


@pytest.fixture(scope="session")
def python(opened: Callable[[str], Image]) -> Image:
    """What the others stand on."""
    return opened("python")


@pytest.fixture(params=["worker", "operator"])
def image(request: pytest.FixtureRequest, opened: Callable[[str], Image]) -> Image:
    """Both targets of the Dockerfile."""
    return opened(request.param)


@pytest.fixture
def worker(opened: Callable[[str], Image]) -> Image:
    return opened("worker")


@pytest.fixture
def operator(opened: Callable[[str], Image]) -> Image:
    return opened("operator")


@pytest.fixture
def shop(opened: Callable[[str], Image]) -> Image:
    return opened("shop")


@pytest.fixture
def valkey(opened: Callable[[str], Image]) -> Image:
    return opened("valkey")
