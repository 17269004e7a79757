"""Where what tests leave to be looked at is kept: GIVEWAY_ARTIFACTS, else build/artifacts."""

import os
from pathlib import Path

_PROJECT = Path(__file__).parents[3]


def artifact(name: str) -> Path:
    """A place for it; one of a run before is written over."""
    folder = Path(os.environ.get("GIVEWAY_ARTIFACTS") or _PROJECT / "build" / "artifacts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name
