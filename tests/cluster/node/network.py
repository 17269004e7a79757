"""Where a pod gets its address and its way: a bridge of the node's own."""

import json
from pathlib import Path

from tests.cluster.node.plan import Plan


def write_network(plan: Plan) -> Path:
    """The folder of CNI's configuration.

    No masquerade: the machine has a route back, and there is nothing else to reach. Host ports are
    not served; they would need iptables.
    """
    addresses = {
        "type": "host-local",
        "dataDir": str(plan.folder / "addresses"),
        "ranges": [[{"subnet": str(plan.pods)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {
        "type": "bridge",
        "bridge": "pods",
        "isGateway": True,
        "hairpinMode": True,  # a pod may reach itself through its Service
        "ipam": addresses,
    }
    network = {"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge]}
    folder = plan.folder / "cni"
    folder.mkdir()
    (folder / "10-pods.conflist").write_text(json.dumps(network, indent=2))
    return folder
