"""The base of all: Debian's smallest system with its Python, as near to the official slim image as
can be had without a registry. That one carries no bytecode either, which the Dockerfile must know.
"""

import shutil
import subprocess
from pathlib import Path

from tests.cluster.build import Unavailable

SUITE = "bookworm"
_PACKAGES = "python3,python3-venv,ca-certificates"
# Not needed to run anything, and a third of its size.
_DROPPED = (
    "usr/share/doc",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
)
RECIPE = f"1 {SUITE} {_PACKAGES} {_DROPPED}"  # raise the number when the code below changes


def install_debian(root: Path) -> None:
    """Fills an empty folder.

    Raises:
        Unavailable: debootstrap failed; with its last words.
    """
    words = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", SUITE, str(root)]
    done = subprocess.run(
        [*words, *_mirror()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"debootstrap failed:\n{(done.stdout + done.stderr).strip()[-2000:]}")
    for name in _DROPPED:
        shutil.rmtree(root / name)
        (root / name).mkdir()
    for name in ("*.pyc", "dev/*"):
        for path in [*root.glob(name if "/" in name else f"usr/**/{name}")]:
            path.unlink() if not path.is_dir() or path.is_symlink() else shutil.rmtree(path)


def _mirror() -> list[str]:
    """The one that this machine uses, if it is a Debian of the same suite."""
    asked = ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return []
    rows = [line.split() for line in said.splitlines()]
    return next(([row[2]] for row in rows if row[:2] == [SUITE, "main"]), [])
