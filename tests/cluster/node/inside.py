"""`python -m tests.cluster.node.inside NUMBER`: what runs in the capsule, and reports on stdout.

Its first process does nothing but to take in processes that have lost their parents; the second
starts the cluster, says that it is ready, and then watches: a program that ends is told of.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.components import NODE
from tests.cluster.control_plane import ControlPlane, Site
from tests.cluster.node.link import join
from tests.cluster.node.mounts import mount_all
from tests.cluster.node.needs import plugins
from tests.cluster.node.parts import USERS, Parts
from tests.cluster.node.plan import Plan
from tests.cluster.node.words import BEGUN, ENDED, FAILED, READY, SAYS, tell
from tests.cluster.programs import provide

_LOOK_SECONDS = 0.5


def main(number: str) -> int:
    child = os.fork()
    if child == 0:
        os._exit(_second(Plan(int(number))))
    while True:
        ended, status = os.wait()
        if ended == child:
            return os.waitstatus_to_exitcode(status)


def _second(plan: Plan) -> int:
    tell(sys.stdout, BEGUN)
    sys.stdin.readline()
    try:
        parts, cluster = _start(plan, provide(NODE, say=_say))
    except Exception as error:  # noqa: BLE001 - whatever it is, who has asked for it says it
        tell(sys.stdout, FAILED, f"{type(error).__name__}: {error}")
        return 1
    tell(sys.stdout, READY, json.dumps(asdict(cluster), default=str))
    _watch(parts)
    return 1


def _start(plan: Plan, programs: Mapping[str, Path]) -> tuple[Parts, Cluster]:
    folder = plugins()
    assert folder is not None, "needs.missing() was not asked"
    mount_all()
    join(plan)
    parts = Parts(plan, programs=programs, plugins=folder)
    parts.start_containerd()
    _say("starting the control plane …")
    site = Site(str(plan.address), plan.services, nodes=True, users=USERS)
    plane = ControlPlane(plan.folder / "plane", programs=programs, controlled=True, site=site)
    cluster = plane.start()
    parts.load_pause()
    _say("starting scheduler, kubelet, kube-proxy and coredns …")
    parts.start(cluster, say=_say)
    parts.processes |= plane.processes
    return parts, cluster


def _watch(parts: Parts) -> None:
    """Until one ends, or the capsule does. What a program's end breaks, the tests will show."""
    while (words := parts.ended()) is None:
        time.sleep(_LOOK_SECONDS)
    tell(sys.stdout, ENDED, words)
    while True:  # the others go on: a test may look at them
        time.sleep(_LOOK_SECONDS)


def _say(line: str) -> None:
    tell(sys.stdout, SAYS, line)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
