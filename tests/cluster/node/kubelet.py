"""kubelet for one node, in an environment that has little to give away."""

import json
from pathlib import Path

from tests.cluster.node.plan import NODE, Plan

USER = f"system:node:{NODE}"
GROUP = "system:nodes"


def kubelet(plan: Plan, *, program: Path, kubeconfig: Path) -> list[str]:
    """The command, after writing its configuration."""
    path = plan.folder / "kubelet.json"
    path.write_text(json.dumps(_configuration(plan), indent=2))
    return [
        str(program),
        f"--config={path}",
        f"--kubeconfig={kubeconfig}",
        f"--root-dir={plan.folder / 'kubelet'}",
        f"--cert-dir={plan.folder / 'kubelet-certificates'}",
        f"--hostname-override={NODE}",
        f"--node-ip={plan.address}",
    ]


def _configuration(plan: Plan) -> dict[str, object]:
    resolver = plan.folder / "resolv.conf"
    resolver.write_text(f"nameserver {plan.address}\n")
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{plan.socket}",
        "address": str(plan.address),
        # Nobody but the capsule and this machine reaches it.
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "clusterDomain": "cluster.local",
        "clusterDNS": [str(plan.dns)],
        "resolvConf": str(resolver),
        "podLogsDir": str(plan.folder / "pod-logs"),
        "volumePluginDir": str(plan.folder / "volume-plugins"),
        "maxPods": 200,
        **_RESOURCES,
    }


_RESOURCES: dict[str, object] = {
    "cgroupDriver": "cgroupfs",
    "cgroupsPerQOS": False,
    "enforceNodeAllocatable": [],
    "failCgroupV1": False,
    "failSwapOn": False,
    "oomScoreAdj": 0,  # a lower one needs CAP_SYS_RESOURCE
    "protectKernelDefaults": True,  # it finds what it wants (see `mounts`) and must write nothing
    "localStorageCapacityIsolation": False,
    # With it, and without cgroups per QoS, kubelet 1.34 panics as pods with requests come or go.
    "featureGates": {"InPlacePodVerticalScaling": False},
    # The disk is the developer's: while there is any room, no pod is evicted and no image goes.
    "evictionHard": {
        "memory.available": "50Mi",
        "nodefs.available": "0%",
        "nodefs.inodesFree": "0%",
        "imagefs.available": "0%",
        "imagefs.inodesFree": "0%",
    },
    "imageGCHighThresholdPercent": 100,
    "imageGCLowThresholdPercent": 99,
}
