"""An archive of an image under another name, for what asks for it by the name that users have."""

import io
import json
import tarfile
from pathlib import Path


def renamed(archive: Path, *, name: str, folder: Path) -> Path:
    """A copy of it in `folder`. `name` in full: containerd adds no `docker.io/library/` to it."""
    copy = folder / f"{name.replace('/', '-').replace(':', '-')}.tar"
    with tarfile.open(archive) as old, tarfile.open(copy, "w") as new:
        for member in old:
            if member.name == "manifest.json":
                content = _named(old, member, name)
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
            elif member.name != "repositories":  # the same names once more, for old engines
                new.addfile(member, old.extractfile(member) if member.isreg() else None)
    return copy


def _named(archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> bytes:
    file = archive.extractfile(member)
    assert file is not None
    (image,) = json.load(file)
    return json.dumps([image | {"RepoTags": [name]}]).encode()
