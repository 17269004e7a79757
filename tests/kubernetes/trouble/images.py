"""The image of the app of these tests, and the same one under the name of its next version."""

import json
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from tests.cluster.images import images
from tests.cluster.live import LiveCluster

APP = Path(__file__).parent / "app"
FIRST, NEXT = "localhost/giveway-toil:1", "localhost/giveway-toil:2"


def load_images(node: LiveCluster, *, folder: Path, say: Callable[[str], None]) -> None:
    """All that these tests need; each is built if it is not in the cache."""
    toil = images.user_image(FIRST, folder=APP, say=say)
    node.load_image(images.valkey_image(say=say))
    node.load_image(images.operator_image(say=say))
    node.load_image(toil)
    node.load_image(renamed(toil, name=NEXT, folder=folder))


def renamed(archive: Path, *, name: str, folder: Path) -> Path:
    """A copy of an archive of `docker save` that holds one image, under another name.

    What is in it is named by manifest.json alone (OCI's image-spec does not know this file, every
    engine's `load` does).
    """
    path = folder / f"{archive.stem}-renamed.tar"
    with tarfile.open(archive) as source, tarfile.open(path, "w") as copy:
        for member in source:
            content = source.extractfile(member) if member.isfile() else None
            if content is not None and member.name == "manifest.json":
                (image,) = json.load(content)
                text = json.dumps([{**image, "RepoTags": [name]}]).encode()
                member.size, content = len(text), BytesIO(text)
            if member.name != "repositories":  # the same in an older form
                copy.addfile(member, content)
    return path
