"""Helm installs the chart into a real API server, upgrades it and takes it away again.

The operator that is run is the real one, as the chart's ServiceAccount and with the environment
that the chart's Deployment gives it. The server is this file's own: the definition of PriorityQueue
comes and goes with the releases.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from giveway.testing import EmbeddedServer
from giveway_operator.crd.check import check
from tests.chart.helm import CHART, Helm, Said, variables
from tests.cluster.api import Api
from tests.cluster.cluster import Cluster
from tests.cluster.components import API_SERVER
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubeconfig import write_kubeconfig
from tests.cluster.namespaces import fresh_namespace
from tests.cluster.programs import provide
from tests.integration.worker.waiting import until
from tests.reconcile.loop.producer import Producer
from tests.reconcile.running import RunningOperator
from tests.reconcile.scene import Scene

RELEASE = "work"
OPERATOR = "work-giveway-operator"
DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/priorityqueues.giveway.dev"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
QUEUE = {
    "tiers": [{"name": "high", "sloSeconds": 5}],
    "worker": {"scaleTargetRef": {"name": "web"}},
}

Values = dict[str, Any]


@pytest.fixture(scope="module")
def plane(control_plane: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Not the shared one, which is asked for so that it can be had here at all."""
    programs = provide(API_SERVER, say=print)
    own = ControlPlane(tmp_path_factory.mktemp("plane"), programs=programs)
    yield own.start()
    own.stop()


@pytest.fixture
def place(plane: Cluster) -> Iterator[str]:
    """A namespace for one release."""
    with fresh_namespace(plane) as name:
        yield name


class Release:
    """One release, by the administrator."""

    def __init__(self, helm: Helm, plane: Cluster, namespace: str) -> None:
        self.helm = replace(helm, kubeconfig=plane.kubeconfig)
        self.api, self.namespace = plane.api, namespace

    def install(self, values: Values | None = None, *words: str) -> str:
        return self._run("install", RELEASE, CHART, *words, values=values or {})

    def upgrade(self, values: Values | None = None, *words: str) -> str:
        return self._run("upgrade", RELEASE, CHART, *words, values=values or {})

    def uninstall(self) -> str:
        return self._run("uninstall", RELEASE)

    def _run(self, *words: str | Path, values: Values | None = None) -> str:
        return self.helm.run(*words, "--namespace", self.namespace, values=values)

    @property
    def deployments(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments"

    @property
    def queues(self) -> str:
        return f"/apis/giveway.dev/v1alpha1/namespaces/{self.namespace}/priorityqueues"


@pytest.fixture
def release(helm: Helm, plane: Cluster, place: str) -> Iterator[Release]:
    one = Release(helm, plane, place)
    yield one
    if one.helm.run("list", "--namespace", place, "--short"):
        one.uninstall()
    if one.api.exists(DEFINITION):
        one.api.delete(DEFINITION)
        until(lambda: not one.api.exists(DEFINITION), what="the definition to go")


def test_notes_say_what_to_do_next(release: Release) -> None:
    said = release.install({"operator": {"namespaces": [release.namespace]}}, "--dry-run=client")
    _, _, notes = said.partition("NOTES:\n")
    place = f"--namespace {release.namespace}"
    assert notes.startswith("Giveway 0.1.0 looks after the PriorityQueues of " + release.namespace)
    assert f"kubectl {place} rollout status deployment/{OPERATOR}" in notes
    assert f"helm test {RELEASE} {place}" in notes
    checked = check(dedent(notes.partition("<<EOF\n")[2].partition("    EOF")[0]))
    assert (len(checked.right), checked.problems) == (1, ())


def test_an_uninstall_takes_everything_but_the_definition_and_the_queues(release: Release) -> None:
    release.install()
    served(release)
    release.api.post(release.queues, queue("shop"))
    release.uninstall()
    assert not release.api.exists(f"{release.deployments}/{OPERATOR}")
    assert not release.api.exists(f"{RBAC}/clusterroles/{OPERATOR}")
    # One that is to go is there for a moment longer, and its queues too.
    assert "deletionTimestamp" not in release.api.get(DEFINITION)["metadata"]
    assert release.api.get(f"{release.queues}/shop")["spec"]["queue"] == ""
    release.install()  # and it is found again
    assert release.api.get(f"{release.queues}/shop")


def test_without_keep_the_definition_goes_too(release: Release) -> None:
    release.install({"crds": {"keep": False}})
    release.uninstall()
    until(lambda: not release.api.exists(DEFINITION), what="the definition to go")


def test_an_upgrade_brings_the_definition_up_to_date_and_keeps_the_queues(release: Release) -> None:
    release.install()
    served(release)
    release.api.post(release.queues, queue("shop"))
    before = release.api.get(f"{release.queues}/shop")["metadata"]["uid"]
    # As an older chart would have had it.
    older = release.api.get(DEFINITION)
    older["spec"]["names"]["shortNames"] = ["old"]
    release.api.put(DEFINITION, older)
    release.upgrade({"operator": {"replicas": 2, "settings": {"pollSeconds": 1}}})
    assert release.api.get(DEFINITION)["spec"]["names"]["shortNames"] == ["pq"]
    assert release.api.get(f"{release.queues}/shop")["metadata"]["uid"] == before
    made = release.api.get(f"{release.deployments}/{OPERATOR}")
    assert made["spec"]["replicas"] == 2
    assert variables(made)["GIVEWAY_OPERATOR_POLL_SECONDS"] == "1"


def test_the_same_upgrade_twice_replaces_no_pod(release: Release) -> None:
    values = {"valkey": {"enabled": True}}
    release.install(values)
    valkey = f"/apis/apps/v1/namespaces/{release.namespace}/statefulsets/work-giveway-valkey"
    paths = (f"{release.deployments}/{OPERATOR}", valkey)
    before = [release.api.get(path)["metadata"]["generation"] for path in paths]
    secret = f"/api/v1/namespaces/{release.namespace}/secrets/work-giveway-valkey"
    password = release.api.get(secret)["data"]
    release.upgrade(values)
    assert [release.api.get(path)["metadata"]["generation"] for path in paths] == before
    assert release.api.get(secret)["data"] == password


def test_queues_come_with_the_upgrade_after_the_install(release: Release) -> None:
    values = {"redis": {"existingSecret": "redis"}, "queues": {"shop": {"spec": QUEUE}}}
    with pytest.raises(Said, match=r"Install the chart without queues first, then run helm upg"):
        release.install(values)
    release.install()
    served(release)
    release.upgrade(values)
    made = release.api.get(f"{release.queues}/shop")
    assert made["spec"]["redis"]["secret"] == {"name": "redis", "key": "url"}
    release.upgrade({}, "--reset-values")
    assert not release.api.exists(f"{release.queues}/shop")


def test_two_teams_have_operators_of_the_same_name(helm: Helm, plane: Cluster) -> None:
    with fresh_namespace(plane) as one, fresh_namespace(plane) as other:
        for number, namespace in enumerate((one, other)):
            theirs = {"operator": {"namespaces": [namespace]}, "crds": {"enabled": number == 0}}
            Release(helm, plane, namespace).install(theirs)
        for namespace in (one, other):
            path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{OPERATOR}"
            env = variables(plane.api.get(path))
            assert env["GIVEWAY_OPERATOR_NAMESPACES"] == namespace
            assert env["GIVEWAY_OPERATOR_LEASE_NAMESPACE"] == namespace
            Release(helm, plane, namespace).uninstall()
    plane.api.delete(DEFINITION)
    until(lambda: not plane.api.exists(DEFINITION), what="the definition to go")


@pytest.mark.parametrize("wide", [True, False], ids=["cluster", "namespace"])
def test_the_operator_works_with_the_rights_and_the_environment_of_the_chart(
    release: Release, plane: Cluster, server: EmbeddedServer, tmp_path: Path, wide: bool
) -> None:
    release.install({"operator": {"namespaces": [] if wide else [release.namespace]}})
    served(release)
    scene = Scene(plane, release.namespace, redis_url=server.url)
    scene.secret()
    scene.resource(worker={"template": {"app": "shop.tasks:app", "image": "shop:1"}})
    with operator(release, tmp_path) as running:
        assert scene.says("Ready", "Ready").startswith("True")
        Producer(release.namespace, server.url).push(40)
        until(lambda: scene.replicas > 1, what="replicas of the Deployment that was made")
        lease = f"/apis/coordination.k8s.io/v1/namespaces/{release.namespace}/leases/{OPERATOR}"
        assert release.api.get(lease)["spec"]["holderIdentity"]
        assert "Forbidden" not in running.told


def operator(release: Release, folder: Path) -> RunningOperator:
    """As the pod of the chart would run it: its account, its environment."""
    account = f"/api/v1/namespaces/{release.namespace}/serviceaccounts/{OPERATOR}"
    asked = {"spec": {"expirationSeconds": 3600}}
    token = release.api.post(f"{account}/token", asked)["status"]["token"]
    own = release.api
    kubeconfig = write_kubeconfig(
        folder / "operator.kubeconfig", server=own.server, token=token, ca_pem=own.ca_pem
    )
    assert Api(own.server, token=token, ca_pem=own.ca_pem).answers("/version")
    env = variables(release.api.get(f"{release.deployments}/{OPERATOR}"))
    prefix = "GIVEWAY_OPERATOR_"
    settings = {name.removeprefix(prefix).lower(): env[name] for name in env if prefix in name}
    for ours in ("metrics_port", "log"):  # how a test listens to it
        del settings[ours]
    return RunningOperator(kubeconfig, namespace=release.namespace, **settings)


def served(release: Release) -> None:
    path = "/apis/giveway.dev/v1alpha1/priorityqueues?limit=1"
    until(lambda: release.api.answers(path), what="PriorityQueues to be served")


def queue(name: str) -> Values:
    head = {"apiVersion": "giveway.dev/v1alpha1", "kind": "PriorityQueue"}
    spec = {**QUEUE, "redis": {"secret": {"name": "redis"}}}
    return {**head, "metadata": {"name": name}, "spec": spec}
