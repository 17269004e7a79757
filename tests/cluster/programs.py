"""Which program is run: from KUBEBUILDER_ASSETS, or from the cache, or built into it.

KUBEBUILDER_ASSETS is the convention of controller-runtime's envtest: a folder with `etcd`,
`kube-apiserver` and `kubectl`. What it does not hold (it never holds the controller-manager) is
looked for further on, one program at a time.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.cluster import build
from tests.cluster.build import Say, Unavailable
from tests.cluster.components import COMPONENTS

HOW_TO_GET = (
    "install Go 1.24 or newer and run `make cluster-tools` (minutes, once), or set "
    "KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl, or GIVEWAY_TEST_CONTEXT "
    "to a kubeconfig context whose cluster may be used"
)


def given_context() -> str | None:
    """The kubeconfig context that may be used; never the current one by itself."""
    return os.environ.get("GIVEWAY_TEST_CONTEXT") or None


def given(name: str) -> Path | None:
    """The program in KUBEBUILDER_ASSETS, if it is there."""
    folder = os.environ.get("KUBEBUILDER_ASSETS")
    found = Path(folder) / name if folder else None
    return found if found and os.access(found, os.X_OK) else None


def kubectl() -> Path:
    """Given, built or installed: any version talks to any server that is there."""
    built, installed = build.place(COMPONENTS["kubectl"]), shutil.which("kubectl")
    found = given("kubectl") or (built if built.exists() else installed)
    if found is None:
        raise Unavailable("kubectl is not installed")
    return Path(found)


def to_build(names: Sequence[str]) -> list[str]:
    """Those that have to be built before they can be used."""
    unknown = [name for name in names if given(name) is None]
    return [name for name in unknown if not build.place(COMPONENTS[name]).exists()]


def unavailable(names: Sequence[str]) -> str | None:
    """Why these cannot be had on this machine; None if they can, be it by building them."""
    wanted = to_build(names)
    reason = build.no_go() if wanted else None
    return f"no {', '.join(wanted)}: {reason}" if reason else None


def provide(names: Sequence[str], *, say: Say) -> dict[str, Path]:
    """The path of each, after building what is missing.

    Raises:
        Unavailable: what cannot be had, and how to get it.
    """
    try:
        build.build([COMPONENTS[name] for name in to_build(names)], say=say)
    except Unavailable as reason:
        raise Unavailable(f"{reason}\n{HOW_TO_GET}") from None
    return {name: given(name) or build.place(COMPONENTS[name]) for name in names}
