"""The project as its tests see it: where its files are and what pyproject.toml says."""

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "worker" / "giveway"
OPERATOR = ROOT / "operator" / "giveway_operator"
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())


def sources(*suffixes: str) -> list[Path]:
    """The files of both packages with one of these endings, as they lie in the folders."""
    return sorted(
        path for root in (PACKAGE, OPERATOR) for path in root.rglob("*") if path.suffix in suffixes
    )


def inside(path: Path) -> str:
    """How to name a file of the package in a message."""
    return path.relative_to(ROOT).as_posix()
