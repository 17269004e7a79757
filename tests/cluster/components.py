"""What a cluster is made of: one table of programs, their versions and how each is built.

To raise a version: change the `require` (and, for Kubernetes, the `replace` lines) of its go.mod,
run `go mod tidy` there and change the number here. A program that was built for another version or
another go.sum is never used.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
KUBERNETES = "1.34.4"
HELM = "3.21.4"
OLDEST_GO = (1, 24)


@dataclass(frozen=True, slots=True)
class Module:
    """A Go module of ours that pins one project: its folder, the version, linker flags."""

    path: Path
    version: str
    linker_flags: str = "-s -w"

    @property
    def key(self) -> str:
        """The name of its folder in the cache: as long as this is the same, so are the programs."""
        seed = sha256(self.linker_flags.encode())
        for name in ("go.mod", "go.sum"):
            seed.update((self.path / name).read_bytes())
        return f"{self.path.name}-{self.version}-{seed.hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Component:
    """A program, and the Go package that it is built from."""

    name: str
    module: Module
    package: str


def _stamp(version: str) -> str:
    """Without it a Kubernetes built by `go build` calls itself v0.0.0, and clients believe it."""
    major, minor, _ = version.split(".")
    values = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    return " ".join(f"-X k8s.io/component-base/version.{k}={v}" for k, v in values.items())


def _helm_stamp(version: str, *, kubernetes: tuple[int, int]) -> str:
    """`kubernetes`: that of its client, which `helm template` renders for. Unstamped it is 1.20."""
    values = {"internal/version.version": f"v{version}"}
    for place in ("pkg/chartutil", "pkg/lint/rules"):
        values[f"{place}.k8sVersionMajor"], values[f"{place}.k8sVersionMinor"] = (
            str(part) for part in kubernetes
        )
    return " ".join(f"-X helm.sh/helm/v3/{name}={value}" for name, value in values.items())


_KUBERNETES = Module(HERE / "kubernetes", KUBERNETES, f"-s -w {_stamp(KUBERNETES)}")
_ETCD = Module(HERE / "etcd", "3.6.6")
_HELM = Module(HERE / "helm", HELM, f"-s -w {_helm_stamp(HELM, kubernetes=(1, 36))}")
_COREDNS = Module(HERE / "coredns", "1.13.1")
_PAUSE = Module(HERE / "pause", "1")
_OF_KUBERNETES = (
    "kube-apiserver",
    "kube-controller-manager",
    "kubectl",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
)

COMPONENTS = {
    each.name: each
    for each in (
        Component("etcd", _ETCD, "go.etcd.io/etcd/server/v3"),
        Component("coredns", _COREDNS, "github.com/coredns/coredns"),
        Component("pause", _PAUSE, "."),
        Component("helm", _HELM, "helm.sh/helm/v3/cmd/helm"),
        *(Component(name, _KUBERNETES, f"k8s.io/kubernetes/cmd/{name}") for name in _OF_KUBERNETES),
    )
}

# Enough for whoever talks to an API server; the second also for whoever needs Deployments to make
# pods, owners to take their children along, namespaces to go.
API_SERVER = ("etcd", "kube-apiserver", "kubectl")
CONTROLLED = (*API_SERVER, "kube-controller-manager")

# What installs the chart. Its module asks for a newer Go than the others; an older one fetches it.
INSTALLER = ("helm",)

# A node of one's own: pods that run.
NODE = (*CONTROLLED, "kube-scheduler", "kubelet", "kube-proxy", "coredns", "pause")
