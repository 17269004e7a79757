"""Names and addresses of one node, all from its number: several may run on one machine."""

import tempfile
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

NODE = "giveway-node"  # what the cluster calls it
MOST = 250  # as many as one byte of an address tells apart


@dataclass(frozen=True, slots=True)
class Plan:
    """Node `number` (0 and up) of this machine."""

    number: int

    @property
    def name(self) -> str:
        """Of its cgroup, its folder and its lock."""
        return f"giveway-node-{self.number}"

    @property
    def folder(self) -> Path:
        """Short, since the path of a socket may have 107 characters."""
        return Path(tempfile.gettempdir()) / self.name

    @property
    def pods(self) -> IPv4Network:
        return IPv4Network(f"10.244.{self.number}.0/24")

    @property
    def services(self) -> IPv4Network:
        return IPv4Network(f"10.96.{self.number}.0/24")

    @property
    def link(self) -> IPv4Network:
        """Between the machine and the node."""
        return IPv4Network(f"10.245.{self.number}.0/30")

    @property
    def machine(self) -> IPv4Address:
        """The machine's end, as the node and its pods reach it."""
        return self.link[1]

    @property
    def address(self) -> IPv4Address:
        """The node's, and its API server's."""
        return self.link[2]

    @property
    def dns(self) -> IPv4Address:
        """The Service of the DNS server, where people are used to find it."""
        return self.services[10]

    @property
    def interface(self) -> str:
        """The machine's end of the link; at most 15 characters."""
        return f"giveway{self.number}"

    @property
    def interface_inside(self) -> str:
        return f"{self.interface}n"

    @property
    def socket(self) -> Path:
        """Of containerd."""
        return self.folder / "containerd.sock"
