"""What the capsule mounts over the machine's files, seen by itself alone.

Programs of a node have paths built in: /run/netns, /var/log/containers, /var/lib/kubelet and
/var/lib/cni. And kubelet sets six sysctls that have no namespace (kernel.panic among them).
"""

import subprocess
from pathlib import Path

from tests.cluster.node.cgroups import Hierarchy, hierarchies

_CGROUPS = Path("/sys/fs/cgroup")
# As kubelet wants them (setupKernelTunables of its container manager): it reads, and is content.
_SYSCTLS = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1_000_000,
    "kernel/keys/root_maxbytes": 25_000_000,
}


def mount_all() -> None:
    """In a mount namespace of one's own, whose root is private to it."""
    cgroups = hierarchies()  # before /sys is another
    mount("--make-rshared", "/")  # volumes that a pod propagates; peers are in the capsule alone
    for place in ("/run", "/var/log"):
        mount("-t", "tmpfs", "tmpfs", place)
    _over("/var/lib")
    mount("-t", "sysfs", "sysfs", "/sys")  # its interfaces, not the machine's
    _cgroups(cgroups)
    _sysctls()


def mount(*words: str) -> None:
    """Raises RuntimeError with what `mount` said."""
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"mount {' '.join(words)}: {done.stderr.strip()}")


def _over(place: str) -> None:
    """What is there can be read; what is written stays in the capsule."""
    upper, work = Path("/run/giveway/upper"), Path("/run/giveway/work")
    upper.mkdir(parents=True)
    work.mkdir()
    options = f"lowerdir={place},upperdir={upper},workdir={work}"
    mount("-t", "overlay", "overlay", "-o", options, place)


def _cgroups(found: list[Hierarchy]) -> None:
    """Mounted anew in a cgroup namespace they begin at the capsule's own."""
    if found[0].kind == "cgroup2":
        mount("-t", "cgroup2", "cgroup2", str(_CGROUPS))
        _delegate()
        return
    mount("-t", "tmpfs", "tmpfs", str(_CGROUPS))
    for each in found:
        each.mounted.mkdir()
        mount("-t", "cgroup", "-o", each.controllers, "cgroup", str(each.mounted))


def _delegate() -> None:
    """A cgroup of version 2 holds processes or hands controllers down, never both."""
    own = _CGROUPS / "node"
    own.mkdir()
    for pid in (_CGROUPS / "cgroup.procs").read_text().split():
        (own / "cgroup.procs").write_text(pid)
    wanted = (_CGROUPS / "cgroup.controllers").read_text().split()
    (_CGROUPS / "cgroup.subtree_control").write_text(" ".join(f"+{each}" for each in wanted))


def _sysctls() -> None:
    folder = Path("/run/giveway/sysctls")
    folder.mkdir()
    for name, value in _SYSCTLS.items():
        file = folder / name.replace("/", ".")
        file.write_text(f"{value}\n")
        mount("--bind", str(file), f"/proc/sys/{name}")
