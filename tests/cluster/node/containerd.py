"""containerd for one node: images, containers, and its own folders for all of it."""

import subprocess
from pathlib import Path

from tests.cluster.node.plan import Plan

PAUSE = "localhost/pause:3"

# Version 2 is what containerd 1.6 and 1.7 read. The machine may forbid to lower an OOM score, and
# profiles of AppArmor belong to the machine, not to the capsule.
_CONFIG = """\
version = 2
root = "{folder}/containerd/root"
state = "{folder}/containerd/state"
oom_score = 0
disabled_plugins = ["io.containerd.internal.v1.opt"]

[grpc]
address = "{socket}"

[ttrpc]
address = "{socket}.ttrpc"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
restrict_oom_score_adj = true
disable_apparmor = true
stream_server_address = "127.0.0.1"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{plugins}"
conf_dir = "{networks}"
"""


def containerd(plan: Plan, *, plugins: Path, networks: Path) -> list[str]:
    """The command, after writing its configuration."""
    text = _CONFIG.format(
        folder=plan.folder, socket=plan.socket, pause=PAUSE, plugins=plugins, networks=networks
    )
    path = plan.folder / "containerd.toml"
    path.write_text(text)
    return ["containerd", f"--config={path}"]


def ctr(socket: Path, *words: str) -> list[str]:
    """A command of its client, about what Kubernetes sees. From outside of the capsule as well."""
    return ["ctr", f"--address={socket}", "--namespace=k8s.io", *words]


def load(socket: Path, archive: Path) -> None:
    """Images for pods, from an archive of `docker save` or OCI; none is ever pulled.

    Raises:
        RuntimeError: containerd could not read it; with what it said.
    """
    command = ctr(socket, "images", "import", str(archive))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{archive}: {done.stderr.strip()}")
