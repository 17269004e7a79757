"""What a test holds of a cluster: where it is, as its administrator or as somebody with less."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.cluster.api import Api
from tests.cluster.kubeconfig import write_kubeconfig

Rule = Mapping[str, Sequence[str]]  # as in a Role: apiGroups, resources, verbs, resourceNames
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Cluster:
    """A cluster in use.

    Parameters:
        kubeconfig: the administrator's.
        server: the URL; `ca_pem` who has signed its certificate, `token` the administrator's.
        kubectl_path: the program.
        folder: for files that belong to it.
        controlled: whether a controller-manager runs: Deployments make pods, namespaces go.
    """

    kubeconfig: Path
    server: str
    kubectl_path: Path
    folder: Path
    ca_pem: str | None = None
    token: str | None = None
    controlled: bool = False

    @cached_property
    def api(self) -> Api:
        """Requests as the administrator."""
        return Api(self.server, token=self.token, ca_pem=self.ca_pem)

    def kubectl(self, *args: str, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """What it printed.

        Raises:
            AssertionError: it failed; with what it said.
        """
        done = subprocess.run(
            [self.kubectl_path, f"--kubeconfig={kubeconfig or self.kubeconfig}", *args],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr.strip()}"
        return done.stdout

    def apply(self, yaml: str, *, namespace: str = "default") -> str:
        """`kubectl apply`; raises as `kubectl` does."""
        return self.kubectl("apply", "--namespace", namespace, "--filename", "-", stdin=yaml)

    def service_account(
        self, name: str, *, namespace: str, rules: Sequence[Rule], cluster_wide: bool = False
    ) -> "Account":
        """A new service account that may do this and nothing else."""
        root = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        self.api.post(root, {"metadata": {"name": name}})
        asked = {"spec": {"expirationSeconds": 3600}}
        token = self.api.post(f"{root}/{name}/token", asked)["status"]["token"]
        account = Account(self, name, namespace, str(token), cluster_wide)
        account.may(rules)
        return account


@dataclass(frozen=True)
class Account:
    """A service account with one role of its own, which a test may change or take away."""

    cluster: Cluster
    name: str
    namespace: str
    token: str
    cluster_wide: bool

    @cached_property
    def api(self) -> Api:
        """Requests as this account."""
        return Api(self.cluster.server, token=self.token, ca_pem=self.cluster.ca_pem)

    @cached_property
    def kubeconfig(self) -> Path:
        return write_kubeconfig(
            self.cluster.folder / f"{self._role}.kubeconfig",
            server=self.cluster.server,
            token=self.token,
            ca_pem=self.cluster.ca_pem,
            namespace=self.namespace,
        )

    def may(self, rules: Sequence[Rule]) -> None:
        """What it may do from now on, instead of what it might before; `[]` for nothing."""
        kind = "ClusterRole" if self.cluster_wide else "Role"
        self._put(kind, rules=[dict(rule) for rule in rules])
        subject = {"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}
        reference = {"apiGroup": _RBAC, "kind": kind, "name": self._role}
        self._put(f"{kind}Binding", roleRef=reference, subjects=[subject])

    @property
    def _role(self) -> str:
        return f"{self.namespace}-{self.name}"

    def _put(self, kind: str, **content: object) -> None:
        where = "" if self.cluster_wide else f"/namespaces/{self.namespace}"
        path = f"/apis/{_RBAC}/v1{where}/{kind.lower()}s/{self._role}"
        head = {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": {"name": self._role}}
        self.cluster.api.server_side_apply(path, {**head, **content})
