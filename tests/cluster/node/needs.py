"""What a machine must have for a node of its own."""

import os
import shutil
import sys
from pathlib import Path

from tests.cluster import build
from tests.cluster.components import NODE
from tests.cluster.programs import to_build

# Program and Debian package. `.ci/run` has the same list.
PACKAGES = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "unshare": "util-linux",
}
# Where the plug-ins of the package containernetworking-plugins lie: Debian's place, everybody's.
_PLUGINS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))


def plugins() -> Path | None:
    """The folder of CNI's plug-ins, if they are installed."""
    return next((each for each in _PLUGINS if (each / "bridge").exists()), None)


def missing() -> str | None:
    """Why no node can run here, and what would help; None if one can."""
    if sys.platform != "linux":
        return "a node needs Linux"
    if os.geteuid() != 0:
        return "a node needs root (sudo make cluster-test)"
    packages = {package for program, package in PACKAGES.items() if shutil.which(program) is None}
    if plugins() is None:
        packages.add("containernetworking-plugins")
    if packages:
        return f"a node needs programs (Debian: apt-get install {' '.join(sorted(packages))})"
    reason = build.no_go() if to_build(NODE) else None
    return f"the components of a node are not built yet, and {reason}" if reason else None
