"""An image as its archive says it is: settings, layers, and its files in a folder."""

import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Layer:
    """What one step added: `entries` by path, `size` of its files in bytes."""

    digest: str
    entries: dict[str, tarfile.TarInfo]

    @property
    def size(self) -> int:
        return sum(each.size for each in self.entries.values() if each.isfile())


@dataclass(frozen=True, slots=True)
class Image:
    """`config`: as in the image's own JSON (Env, Entrypoint, Cmd, User, Labels and so on)."""

    root: Path
    config: dict[str, Any]
    layers: tuple[Layer, ...]

    def beyond(self, other: "Image") -> tuple[Layer, ...]:
        """The layers that stand on another image's."""
        below = len(other.layers)
        assert [one.digest for one in self.layers[:below]] == [one.digest for one in other.layers]
        return self.layers[below:]

    def path(self, inside: str) -> Path:
        """Where a file of the image lies; `inside` is absolute."""
        return self.root / inside.lstrip("/")


def open_image(archive: Path, *, folder: Path) -> Image:
    """Takes an archive of `docker save` apart."""
    parts, root = folder / "parts", folder / "root"
    for made in (parts, root):
        made.mkdir(parents=True)
    _untar(archive, parts)
    manifest = json.loads((parts / "manifest.json").read_text())[0]
    said = json.loads((parts / manifest["Config"]).read_text())
    layers = []
    for name, digest in zip(manifest["Layers"], said["rootfs"]["diff_ids"], strict=True):
        with tarfile.open(parts / name) as layer:
            layers.append(Layer(digest, {f"/{each.name}": each for each in layer}))
        _untar(parts / name, root)
    gone = [path for layer in layers for path in layer.entries if "/.wh." in path]
    assert gone == [], "a layer takes files away that lie beneath it, and still pays for them"
    return Image(root=root, config=said["config"], layers=tuple(layers))


def _untar(archive: Path, folder: Path) -> None:
    words = ["tar", "--extract", "--numeric-owner", f"--directory={folder}", f"--file={archive}"]
    subprocess.run(words, check=True)
