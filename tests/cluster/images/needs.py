"""What a machine must have to build images."""

import os
import shutil
import sys

# Program and Debian package. `.ci/run` has the same list.
PACKAGES = {"buildah": "buildah", "debootstrap": "debootstrap", "runc": "runc"}


def missing() -> str | None:
    """Why no image can be built here, and what would help; None if one can."""
    if sys.platform != "linux":
        return "images are built on Linux"
    if os.geteuid() != 0:
        return "images need root (sudo make images)"
    packages = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
    if packages:
        return f"images need programs (Debian: apt-get install {' '.join(packages)})"
    return None
