"""docs/worker-image.md: the image with packages of its own is built as it stands there."""

import re
from pathlib import Path

import pytest

from tests.cluster.images import worker_image
from tests.cluster.images.engine import Engine
from tests.cluster.images.images import WORKER
from tests.cluster.images.recipe import PROJECT
from tests.images.container import Wish, run
from tests.images.image import Image, open_image

PAGE = (PROJECT / "docs" / "worker-image.md").read_text()
NAME = "localhost/giveway-page:test"


def dockerfile() -> str:
    marked = r"^<!-- run by tests/images -->\n```dockerfile\n(.*?)^```"
    found = re.search(marked, PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


@pytest.mark.timeout(1200)  # a build
def test_packages_of_ones_own_and_nothing_of_their_installation(
    worker: Image, scratch: Path, tmp_path: Path
) -> None:
    context, work = tmp_path / "context", scratch / "work"
    context.mkdir()
    work.mkdir()
    (context / "Dockerfile").write_text(dockerfile())
    (context / "requirements.txt").write_text("segno>=1.6\npydantic\n")
    (context / "shop.py").write_text("import pydantic, segno\nprint(segno.make('1').mode)\n")
    engine = Engine(work)
    engine.load(worker_image(), name=WORKER)
    engine.build(context, name=NAME, arguments={"GIVEWAY_WORKER": WORKER})
    engine.save(NAME, archive=work / "archive.tar")
    built = open_image(work / "archive.tar", folder=work / "image")

    shown = run(built, Wish(command=["python", "shop.py"]), folder=tmp_path)
    assert (shown.stdout, shown.stderr) == ("numeric\n", "")
    assert built.config["User"] == worker.config["User"]
    names = {Path(path).name for layer in built.beyond(worker) for path in layer.entries}
    assert {"segno", "shop.py"} <= names
    assert not names & {"pip", "requirements.txt", "pip.conf", ".cache"}
    # As a constraint the lock keeps what Giveway was tested with.
    assert versions(built, "pydantic") == versions(worker, "pydantic")


def versions(image: Image, package: str) -> list[str]:
    found = image.root.glob(f"opt/giveway/lib/python3.*/site-packages/{package}-*.dist-info")
    return [each.name for each in found]


def test_the_sizes_that_the_page_names_are_true(
    worker: Image, operator: Image, python: Image
) -> None:
    said = re.search(r"It adds (\d+) MB to its base, the operator's image (\d+) MB", PAGE)
    assert said
    for image, megabytes in ((worker, said[1]), (operator, said[2])):
        added = sum(layer.size for layer in image.beyond(python)) / 1e6
        assert abs(added - int(megabytes)) <= 2, f"{added:.1f} MB"
