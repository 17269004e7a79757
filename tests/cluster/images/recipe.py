"""What goes into an image, as a fingerprint: equal ones make equal images."""

import fnmatch
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

PROJECT = Path(__file__).parents[3]


def fingerprint(*parts: str, files: dict[str, Path]) -> str:
    """Of words and of files, by the name under which they go in."""
    seed = sha256("\0".join(parts).encode())
    for name, path in sorted(files.items()):
        content = sha256(path.read_bytes()).hexdigest()
        seed.update(f"\0{name}\0{path.stat().st_mode & 0o111}\0{content}".encode())
    return seed.hexdigest()


def project_files() -> dict[str, Path]:
    """The Dockerfile and all that it may copy: what .dockerignore lets through."""
    allowed = [line[1:] for line in _ignore_lines() if line.startswith("!")]
    found = {path for pattern in allowed for path in PROJECT.glob(pattern)}
    found |= {inner for path in found for inner in path.rglob("*")}
    found |= {PROJECT / "Dockerfile", PROJECT / ".dockerignore"}
    return {str(path.relative_to(PROJECT)): path for path in found if _counts(path)}


def folder_files(folder: Path) -> dict[str, Path]:
    """All of a folder."""
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if _counts(path)}


def _counts(path: Path) -> bool:
    return path.is_file() and not fnmatch.fnmatch(str(path), "*/__pycache__/*")


def _ignore_lines() -> Iterator[str]:
    yield from (PROJECT / ".dockerignore").read_text().splitlines()
