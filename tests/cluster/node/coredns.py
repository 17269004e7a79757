"""The cluster's names: CoreDNS on the node's address, and the Service by which pods find it."""

from pathlib import Path
from typing import Any

from tests.cluster.api import Api
from tests.cluster.node.plan import Plan

USER = "tests-dns"
_HEALTH_PORT = 8053
# Nobody is asked about other names: they are not there, which a cluster's own server says as well.
_CONFIG = """\
cluster.local:53 in-addr.arpa:53 {{
    bind {address}
    errors
    kubernetes cluster.local in-addr.arpa {{
        kubeconfig {kubeconfig}
        pods insecure
        ttl 1
    }}
    ready {address}:{port}
}}
.:53 {{
    bind {address}
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""
_SYSTEM = "/api/v1/namespaces/kube-system"


def coredns(plan: Plan, *, program: Path, kubeconfig: Path) -> list[str]:
    """The command, after writing its configuration."""
    path = plan.folder / "Corefile"
    path.write_text(_CONFIG.format(address=plan.address, kubeconfig=kubeconfig, port=_HEALTH_PORT))
    return [str(program), f"-conf={path}"]


def answers(plan: Plan) -> bool:
    """Whether it knows the cluster by now."""
    return Api(f"http://{plan.address}:{_HEALTH_PORT}").answers("/ready")


def announce(plan: Plan, api: Api) -> None:
    """A Service without a selector: its server is no pod."""
    name = "kube-dns"
    ports = [
        {"name": f"dns-{each}".lower(), "port": 53, "protocol": each} for each in ("UDP", "TCP")
    ]
    head: dict[str, Any] = {"name": name, "labels": {"k8s-app": name}}
    spec = {"clusterIP": str(plan.dns), "ports": ports}
    api.post(f"{_SYSTEM}/services", {"metadata": head, "spec": spec})
    labels = {"kubernetes.io/service-name": name}
    slices = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices"
    body = {
        "metadata": {"name": name, "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [str(plan.address)], "conditions": {"ready": True}}],
        "ports": ports,
    }
    api.post(slices, body)


def allow(api: Api) -> None:
    """What its plug-in `kubernetes` reads."""
    groups = "rbac.authorization.k8s.io"
    rules = [
        {
            "apiGroups": [""],
            "resources": ["services", "pods", "namespaces"],
            "verbs": ["list", "watch"],
        },
        {
            "apiGroups": ["discovery.k8s.io"],
            "resources": ["endpointslices"],
            "verbs": ["list", "watch"],
        },
    ]
    path = f"/apis/{groups}/v1"
    api.post(f"{path}/clusterroles", {"metadata": {"name": USER}, "rules": rules})
    reference = {"apiGroup": groups, "kind": "ClusterRole", "name": USER}
    subjects = [{"kind": "User", "apiGroup": groups, "name": USER}]
    body = {"metadata": {"name": USER}, "roleRef": reference, "subjects": subjects}
    api.post(f"{path}/clusterrolebindings", body)
