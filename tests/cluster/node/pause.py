"""The image that holds a pod's namespaces, of one program and nothing else: no engine builds it."""

import json
import tarfile
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from tests.cluster.node.containerd import PAUSE

_NOBODY = "65535:65535"


def write_pause(path: Path, *, program: Path) -> Path:
    """As an archive of `docker save`, which `ctr images import` takes."""
    layer = _tar({"pause": program.read_bytes()}, mode=0o755)
    digest = sha256(layer).hexdigest()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/pause"], "User": _NOBODY},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [PAUSE], "Layers": ["layer.tar"]}]
    files = {
        "config.json": json.dumps(config).encode(),
        "layer.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    path.write_bytes(_tar(files))
    return path


def _tar(files: Mapping[str, bytes], *, mode: int = 0o644) -> bytes:
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, BytesIO(content))
    return made.getvalue()
