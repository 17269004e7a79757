"""A control plane of one's own: etcd and kube-apiserver, and kube-controller-manager if wanted.

Model: everything lies in one folder (data, certificates, tokens, logs) and listens on free ports of
the loopback interface. There is no node: pods are objects that nobody runs, and a test says what
they are doing by writing their status. Authorization is RBAC, admission includes PodSecurity.
A cluster that has a node (see `node`) says so by its `Site`: pods cannot reach a loopback address.

Invariants: `stop` ends the processes that `start` began, and no others; whoever is killed takes
them along (see `process`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from tests.cluster.api import Api
from tests.cluster.cluster import Cluster
from tests.cluster.kubeconfig import write_kubeconfig
from tests.cluster.papers import ADMIN_TOKEN, Papers, User
from tests.cluster.process import Process
from tests.integration.worker.scrape import free_port
from tests.integration.worker.waiting import until

HOST = "127.0.0.1"
_SERVICES = IPv4Network("10.96.0.0/16")
_READY_SECONDS = 120.0  # 3 on an idle machine; a loaded one must not turn a test red
_ATTEMPTS = 3  # a port that was free may be taken by the time that a program binds it

# The node's pods get their addresses from a network that it knows by itself.
_CONTROLLERS = "*,-node-ipam-controller"
# Those that judge nodes would find none, and delete pods for it.
_WITHOUT_NODES = f"{_CONTROLLERS},-pod-garbage-collector-controller,-node-lifecycle-controller"

# Made by one of them: when it is there, they work.
_DEFAULT_ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a control plane stands.

    Parameters:
        address: the API server's.
        services: the network of the Services; its first address is the API server's, for pods.
        nodes: whether there are any, and `users` the programs that come with them.
    """

    address: str = HOST
    services: IPv4Network = _SERVICES
    nodes: bool = False
    users: tuple[User, ...] = ()


_LOOPBACK = Site()


class ControlPlane:
    """Life: `start`, `stop` (idempotent).

    Parameters:
        folder: empty or absent.
        programs: the path of each by its name (see `programs.provide`).
        controlled: with kube-controller-manager.
        site: if it is not to be alone on the loopback interface.
    """

    def __init__(
        self,
        folder: Path,
        *,
        programs: Mapping[str, Path],
        controlled: bool = False,
        site: Site = _LOOPBACK,
    ) -> None:
        self._folder, self._programs, self._controlled = folder, programs, controlled
        self._site = site
        self._papers = Papers(folder)
        self.processes: dict[str, Process] = {}

    def start(self) -> Cluster:
        """Ready to answer when this returns.

        Raises:
            RuntimeError: a program ended; with its last words.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        names = (self._site.address, str(self._site.services[1]))
        self._papers.make(names=names, users=self._site.users)
        etcd = self._on_free_port(
            "etcd", self._etcd, lambda port: Api(f"http://{HOST}:{port}").answers("/readyz")
        )
        port = self._on_free_port(
            "kube-apiserver",
            lambda port: self._api_server(port, etcd=etcd),
            lambda port: self._api(port).answers("/readyz"),
        )
        cluster = self._cluster(port)
        if self._controlled:
            self._on_free_port(
                "kube-controller-manager",
                lambda port: self._controller_manager(port, cluster.kubeconfig),
                lambda _: cluster.api.answers(_DEFAULT_ACCOUNT),
            )
        return cluster

    def stop(self) -> None:
        """In the opposite order: an API server without its database would only log."""
        while self.processes:
            _, process = self.processes.popitem()
            process.stop()

    def process(self, name: str) -> Process:
        """For a test that stops or kills one on purpose."""
        return self.processes[name]

    def _on_free_port(
        self, name: str, flags: Callable[[int], list[str]], ready: Callable[[int], bool]
    ) -> int:
        for attempt in range(1, _ATTEMPTS + 1):
            port = free_port()
            process = self._run(name, flags(port))
            # Bound to this attempt's values: until() asks at once and ends before the next.
            until(
                lambda: not process.running or ready(port),  # noqa: B023
                what=f"{name} to be ready",
                within=_READY_SECONDS,
            )
            if process.running:
                return port
            if attempt == _ATTEMPTS:
                raise RuntimeError(process.last_words)
        raise AssertionError("unreachable")

    def _run(self, name: str, flags: list[str]) -> Process:
        process = Process([self._programs[name], *flags], log=self._folder / f"{name}.log")
        self.processes[name] = process
        return process

    def _etcd(self, port: int) -> list[str]:
        client, peer = f"http://{HOST}:{port}", f"http://{HOST}:0"
        return [
            f"--data-dir={self._folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            "--unsafe-no-fsync",  # nothing here outlives the machine
            "--log-level=warn",
        ]

    def _api_server(self, port: int, *, etcd: int) -> list[str]:
        papers, site = self._papers, self._site
        return [
            f"--etcd-servers=http://{HOST}:{etcd}",
            f"--bind-address={site.address}",
            f"--advertise-address={site.address}",
            # A loopback address cannot be an Endpoint.
            *([] if site.nodes else ["--endpoint-reconciler-type=none"]),
            "--kubelet-preferred-address-types=InternalIP",  # nobody resolves a node's name
            f"--secure-port={port}",
            f"--tls-cert-file={papers.certificate}",
            f"--tls-private-key-file={papers.key}",
            f"--token-auth-file={papers.tokens}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={papers.signing_key}",
            f"--service-account-signing-key-file={papers.signing_key}",
            f"--service-cluster-ip-range={site.services}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction,PodSecurity",
            "--allow-privileged=true",
        ]

    def _controller_manager(self, port: int, kubeconfig: Path) -> list[str]:
        return [
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--bind-address={HOST}",
            f"--secure-port={port}",
            f"--service-account-private-key-file={self._papers.signing_key}",
            f"--root-ca-file={self._papers.authority}",
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            f"--controllers={_CONTROLLERS if self._site.nodes else _WITHOUT_NODES}",
        ]

    def _api(self, port: int) -> Api:
        ca_pem = self._papers.authority.read_text()
        return Api(f"https://{self._site.address}:{port}", token=ADMIN_TOKEN, ca_pem=ca_pem)

    def _cluster(self, port: int) -> Cluster:
        api = self._api(port)
        path = self._folder / "admin.kubeconfig"
        return Cluster(
            kubeconfig=write_kubeconfig(
                path, server=api.server, token=api.token, ca_pem=api.ca_pem
            ),
            server=api.server,
            kubectl_path=self._programs["kubectl"],
            folder=self._folder,
            ca_pem=api.ca_pem,
            token=api.token,
            controlled=self._controlled,
        )
