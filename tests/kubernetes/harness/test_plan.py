"""What is decided without a node: names, addresses, mount options, what a machine lacks."""

import shutil
from itertools import combinations
from pathlib import Path

import pytest

from tests.cluster.node import needs
from tests.cluster.node.cgroups import Hierarchy
from tests.cluster.node.plan import MOST, Plan

ROOT = Path(__file__).parents[3]


def test_no_two_nodes_of_a_machine_share_an_address() -> None:
    networks = [
        each
        for number in (0, 1, MOST - 1)
        for each in (Plan(number).pods, Plan(number).services, Plan(number).link)
    ]
    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))


def test_names_fit_into_what_the_kernel_allows() -> None:
    plan = Plan(MOST - 1)
    assert len(plan.interface_inside) <= 15
    assert len(f"{plan.socket}.ttrpc") <= 107


@pytest.mark.parametrize(
    ("options", "controllers"),
    [
        ("rw,cpu,cpuacct", "cpu,cpuacct"),
        ("rw,memory", "memory"),
        ("rw,xattr,name=systemd", "none,name=systemd"),
    ],
)
def test_a_hierarchy_is_mounted_again_by_its_controllers(options: str, controllers: str) -> None:
    assert Hierarchy(Path("/x"), "cgroup", options).controllers == controllers


def test_what_a_machine_lacks_is_named_by_package(monkeypatch: pytest.MonkeyPatch) -> None:
    there = shutil.which
    absent = ("nft", "containerd", "ctr")
    monkeypatch.setattr(shutil, "which", lambda name: None if name in absent else there(name))
    monkeypatch.setattr(needs, "_PLUGINS", ())
    reason = needs.missing()
    assert reason is not None
    assert reason.endswith(
        "(Debian: apt-get install containerd containernetworking-plugins nftables)"
    )


def test_a_node_asks_for_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert needs.missing() == "a node needs root (sudo make cluster-test)"


def test_a_fresh_machine_of_ci_gets_every_package() -> None:
    installed = (ROOT / ".ci" / "run").read_text().split()
    wanted = {*needs.PACKAGES.values(), "containernetworking-plugins"} - {"util-linux"}
    assert wanted <= set(installed)  # util-linux no Debian is without
