"""A node that ends, in whatever way, leaves nothing on the machine."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.api import Api
from tests.cluster.node import cgroups
from tests.cluster.node.node import Node
from tests.cluster.node.plan import MOST, Plan
from tests.integration.worker.waiting import until

ROOT = Path(__file__).parents[3]
SYSCTLS = ("kernel/panic", "kernel/panic_on_oops", "vm/overcommit_memory", "vm/panic_on_oom")
PLACES = (
    "run/netns/cni-*",
    "var/log/containers/*",
    "var/log/pods/*",
    "var/lib/cni/*",
    "var/lib/kubelet/*",
)
POD = {
    "metadata": {"name": "here"},
    "spec": {"containers": [{"name": "main", "image": "localhost/pause:3"}]},
}


class Started:
    """`python -m tests.cluster.node`, ready, with one pod that runs."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.cluster.node"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("export KUBECONFIG="):
                break
        else:
            raise AssertionError("".join(said))
        self.kubeconfig = Path(line.strip().partition("=")[2])
        self.plan = next(
            plan for plan in map(Plan, range(MOST)) if plan.folder in self.kubeconfig.parents
        )

    def run_a_pod(self) -> None:
        given = json.loads(self.kubeconfig.read_text())
        authority = Path(given["clusters"][0]["cluster"]["certificate-authority"]).read_text()
        server, user = given["clusters"][0]["cluster"]["server"], given["users"][0]["user"]
        api = Api(server, token=user["token"], ca_pem=authority)
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        until(lambda: api.exists(account), what="the account that pods run as")
        pods = "/api/v1/namespaces/default/pods"
        api.post(pods, POD)
        until(
            lambda: api.get(f"{pods}/here")["status"]["phase"] == "Running",
            what="the pod to run",
        )

    @property
    def alive(self) -> list[str]:
        """What goes without anybody's help: processes, interfaces, routes."""
        kept = (str(self.plan.folder), *map(str, _cgroups(self.plan)))
        return [each for each in self.traces if each not in kept]

    @property
    def traces(self) -> list[str]:
        """What the machine shows of it: each as people would look for it."""
        shown = [str(each) for each in _cgroups(self.plan) if each.exists()]
        shown += [pid for pid in _processes() if self.plan.name in _cgroup_of(pid)]
        links = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True)
        routes = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True)
        mounts = Path("/proc/self/mountinfo").read_text()
        for text in (links.stdout, routes.stdout, mounts):
            lines = text.splitlines()
            shown += [
                each for each in lines if self.plan.interface in each or self.plan.name in each
            ]
        if self.plan.folder.exists():
            shown.append(str(self.plan.folder))
        return shown


def _cgroups(plan: Plan) -> list[Path]:
    return [each.mounted / plan.name for each in cgroups.hierarchies()]


def _processes() -> list[str]:
    return [each.name for each in Path("/proc").iterdir() if each.name.isdigit()]


def _cgroup_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return ""


def _state() -> dict[str, object]:
    """Of the machine, where a node could change it for good."""
    sysctls = {name: Path(f"/proc/sys/{name}").read_text() for name in SYSCTLS}
    places = {each: sorted(Path("/").glob(each)) for each in PLACES}
    rules = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
    return {**sysctls, **places, "tables": rules.stdout}


@pytest.mark.parametrize(
    "ended_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda each: each.name
)
def test_a_node_that_ends_leaves_nothing_behind(ended_by: signal.Signals) -> None:
    before = _state()
    started = Started()
    try:
        started.run_a_pod()
        assert len(started.traces) > 20  # the test sees what it looks for
        assert _state() == before
    finally:
        started.process.send_signal(ended_by)
        started.process.communicate(timeout=30)
    if ended_by == signal.SIGKILL:
        # Processes, mounts and interfaces go by themselves; the next node removes all else.
        until(lambda: not started.alive, what="the end of all that ran")
        assert started.traces
        Node(say=print).start().stop()
    assert started.traces == []
    assert _state() == before


def test_a_program_of_the_node_that_ends_is_told_with_its_last_words() -> None:
    node = Node(say=print).start()
    try:
        assert node.ended == ()
        (pid,) = [
            pid
            for pid in _processes()
            if node.plan.name in _cgroup_of(pid) and _name_of(pid) == "kube-proxy"
        ]
        os.kill(int(pid), signal.SIGKILL)
        (words,) = until(lambda: node.ended, what="the node to tell")
        assert words.startswith("kube-proxy ended with -9:\n")
    finally:
        node.stop()


def _name_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
