"""The one way between the machine and a node: two interfaces, and the machine's routes into it.

The machine forwards nothing; only its own processes reach the node's pods and Services, and pods
reach its end of the link. The pair goes when the capsule's network namespace goes.
"""

import subprocess
from ipaddress import IPv4Network

from tests.cluster.node.plan import Plan


def ip(*words: str, check: bool = True) -> None:
    """Runs `ip`.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def routed(network: IPv4Network) -> bool:
    """Whether the machine has a route to exactly this network already."""
    asked = ["ip", "-4", "route", "show", "exact", str(network)]
    return bool(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())


def lay(plan: Plan, *, pid: int) -> None:
    """Between this network namespace and that of the process; the machine's end is ready."""
    inside = plan.interface_inside
    ip("link", "add", plan.interface, "type", "veth", "peer", "name", inside, "netns", str(pid))
    ip("address", "add", f"{plan.machine}/{plan.link.prefixlen}", "dev", plan.interface)
    ip("link", "set", plan.interface, "up")
    for network in (plan.pods, plan.services):
        ip("route", "add", str(network), "via", str(plan.address))


def join(plan: Plan) -> None:
    """The same from inside, once the machine's end is there."""
    ip("link", "set", "lo", "up")
    ip("address", "add", f"{plan.address}/{plan.link.prefixlen}", "dev", plan.interface_inside)
    ip("link", "set", plan.interface_inside, "up")
    ip("route", "add", "default", "via", str(plan.machine))  # kubelet looks for one


def cut(plan: Plan) -> None:
    """It may be gone already: the kernel takes it away some time after the capsule's end."""
    ip("link", "delete", plan.interface, check=False)
