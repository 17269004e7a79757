"""kube-proxy for one node: Services by nftables."""

import json
from pathlib import Path

from tests.cluster.node.plan import NODE, Plan

USER = "system:kube-proxy"


def kube_proxy(plan: Plan, *, program: Path, kubeconfig: Path) -> list[str]:
    """The command, after writing its configuration."""
    configuration = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(kubeconfig)},
        "mode": "nftables",
        "clusterCIDR": str(plan.pods),
        "bindAddress": str(plan.address),
        "hostnameOverride": NODE,
        "oomScoreAdj": 0,
        # 0: as the machine has it; some of them have no namespace.
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
    }
    path = plan.folder / "kube-proxy.json"
    path.write_text(json.dumps(configuration, indent=2))
    return [str(program), f"--config={path}"]
