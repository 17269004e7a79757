"""The README's quick start on Kubernetes, typed word by word.

What makes the cluster, and what builds images and brings them into it, is the harness's part; every
other line is run by bash as it stands there, with the real helm and kubectl, and what the README
shows must be seen.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from tests.cluster.cluster import Cluster
from tests.cluster.images import images
from tests.cluster.images.renamed import renamed
from tests.cluster.installer import Helm
from tests.cluster.kubeconfig import write_kubeconfig
from tests.cluster.live import LiveCluster
from tests.cluster.resource import DEFINITION
from tests.integration.worker.waiting import until
from tests.kubernetes.conftest import Say
from tests.kubernetes.readme import ROOT, Step, blocks, shape, steps

# The lines that the harness stands in for; there must be no others.
REPLACED = (
    "kind create cluster",
    "docker build --target operator --tag giveway-operator:0.1.0 .",
    "docker build --target worker --tag giveway-worker .",
    "docker build --tag shop:1 examples/shop",
    "kind load docker-image giveway-operator:0.1.0 shop:1",
)
RELEASE = "giveway"
SECONDS = 240.0  # against hanging only
# The whole of it, with an installation in it; a build of images would come before.
pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody in a clone of the repository, with a cluster of their own."""

    programs: Path
    kubeconfig: Path

    def types(self, commands: str) -> str:
        """What is printed. Whatever fails fails the test."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=ROOT,
            env=os.environ
            | {"PATH": f"{self.programs}:{os.environ['PATH']}", "KUBECONFIG": str(self.kubeconfig)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def reader(
    node: LiveCluster, kube: Cluster, helm: Helm, tmp_path: Path, say: Say
) -> Iterator[Reader]:
    """A plain namespace stands for the cluster's `default`, which nobody has restricted either."""
    _load(node, tmp_path, say=say)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "helm").symlink_to(helm.program)
    (programs / "kubectl").symlink_to(kube.kubectl_path)
    namespace = f"quick-start-{uuid4().hex[:8]}"
    kube.kubectl("create", "namespace", namespace)
    kubeconfig = write_kubeconfig(
        tmp_path / "reader.kubeconfig",
        server=kube.server,
        token=kube.token,
        ca_pem=kube.ca_pem,
        namespace=namespace,
    )
    _hand_over_definition(kube, namespace)
    try:
        yield Reader(programs, kubeconfig)
    finally:
        _clean_up(kube, helm, namespace)


def test_it_works_word_by_word_and_shows_what_it_says(reader: Reader, say: Say) -> None:
    replaced: list[str] = []
    for step in steps():
        if step.commands.startswith(("kind ", "docker ")):
            replaced += step.commands.splitlines()
            continue
        say(f"typed:\n{step.commands.rstrip()}")
        say(f"seen:\n{_follow(reader, step)}")
        if " express " in step.commands and " labels " in step.commands:
            assert 0 < _labels(reader) < 600, "the urgent order did not go before the batch"
    assert tuple(replaced) == REPLACED
    reader.types("kubectl wait pods -l giveway.dev/priorityqueue=shop --for=delete --timeout=200s")
    asked = "kubectl get deployment shop -o jsonpath={.spec.replicas}"
    assert reader.types(asked) == "0", "and at the end no worker runs"


def test_the_resource_that_it_shows_is_the_file_that_it_applies() -> None:
    (shown,) = (text for kind, text in blocks() if kind == "yaml")
    file = ROOT / "examples" / "shop" / "priorityqueue.yaml"
    assert shown == file.read_text()
    assert len(shown.splitlines()) == 10, "the README says so"


def test_what_differs_between_runs_is_all_that_is_not_compared() -> None:
    seen = "NAME  READY  AGE\nshop-5d-abcde  1/1  3m2s\n"
    assert shape(seen) == ["NAME READY AGE", "POD 1/1 AGE"]
    assert shape(seen.replace("1/1", "0/1")) != shape(seen)
    assert shape("express-Ada after 3.10 s") == ["express-Ada after SECONDS"]


def _follow(reader: Reader, step: Step) -> str:
    """A table is looked at until it is as shown: the cluster is a moment behind what happened."""
    lines = step.commands.splitlines()
    if not all(line.startswith("kubectl get ") for line in lines):
        seen = reader.types(step.commands)
        assert not step.shown or shape(seen) == shape(step.shown), seen
        return seen
    seen = ""

    def as_shown() -> bool:
        nonlocal seen
        seen = reader.types(step.commands)
        return shape(seen) == shape(step.shown)

    try:
        until(as_shown, what="what the README shows", within=60)
    except AssertionError as late:
        raise AssertionError(f"{late}\n{step.shown}\nbut\n{seen}") from None
    return seen


def _labels(reader: Reader) -> int:
    """How many of the batch are made so far."""
    asked = "kubectl exec deploy/shop -- ls /tmp/labels"
    return sum(name.startswith("label-") for name in reader.types(asked).split())


def _load(node: LiveCluster, folder: Path, *, say: Say) -> None:
    """What the replaced lines bring into the cluster; and the Valkey, which it would pull."""
    loaded = REPLACED[-1].split()[3:]
    valkey = yaml.safe_load((ROOT / "charts/giveway/values.yaml").read_text())["valkey"]["image"]
    official = f"{valkey['registry']}/{valkey['repository']}:{valkey['tag']}"
    built = {
        f"docker.io/library/{loaded[0]}": images.operator_image(say=say),
        f"docker.io/library/{loaded[1]}": images.shop_image(say=say),
        official: images.valkey_image(say=say),
    }
    for name, archive in built.items():
        node.load_image(renamed(archive, name=name, folder=folder))


def _hand_over_definition(kube: Cluster, namespace: str) -> None:
    """If tests have installed it before: to this release, as `helm --take-ownership` would.

    To remove it would take the queues of the whole cluster along.
    """
    name = f"crd/{yaml.safe_load(DEFINITION.read_text())['metadata']['name']}"
    if not kube.kubectl("get", name, "--ignore-not-found"):
        return
    owner = f"meta.helm.sh/release-name={RELEASE}"
    where = f"meta.helm.sh/release-namespace={namespace}"
    kube.kubectl("label", "--overwrite", name, "app.kubernetes.io/managed-by=Helm")
    kube.kubectl("annotate", "--overwrite", name, owner, where)


def _clean_up(kube: Cluster, helm: Helm, namespace: str) -> None:
    here = f"--namespace={namespace}"
    if kube.kubectl("get", "crd", "priorityqueues.giveway.dev", "--ignore-not-found"):
        kube.kubectl("delete", "pq", "--all", here)
    helm("uninstall", RELEASE, here, "--ignore-not-found", "--wait")
    kube.kubectl("delete", "namespace", namespace, "--wait=false")
