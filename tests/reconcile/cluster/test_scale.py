"""Replicas are set if they still are what was decided from, whatever else changed meanwhile."""

from collections.abc import Awaitable
from pathlib import Path

import pytest

from giveway_operator.apply.scale import Scaled, scale
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import Conflict, NotFound, NotLeading
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy, Cut
from tests.reconcile.cluster.asking import do
from tests.reconcile.cluster.stage import Stage


def set_to(
    replicas: int, *, stage: Stage, expected: int, version: str = "", through: Path | None = None
) -> Scaled:
    def act(api: Api) -> Awaitable[Scaled]:
        return scale(
            api,
            namespace=stage.namespace,
            name="web",
            replicas=replicas,
            expected=expected,
            resource_version=version,
        )

    return do(through or stage.cluster.kubeconfig, act)


def version_of(stage: Stage) -> str:
    return str(stage.deployment("web")["metadata"]["resourceVersion"])


def test_from_none_and_back(stage: Stage) -> None:
    stage.make("web", replicas=0)
    up = set_to(3, stage=stage, expected=0, version=version_of(stage))
    assert (up.done, up.found, stage.replicas("web")) == (True, 3, 3)
    down = set_to(0, stage=stage, expected=3, version=up.resource_version)
    assert (down.done, down.found, stage.replicas("web")) == (True, 0, 0)
    assert down.resource_version == version_of(stage)


def test_a_status_that_came_between_is_no_hindrance(stage: Stage) -> None:
    stage.make("web", replicas=2)
    stale = version_of(stage)
    status = {"status": {"replicas": 2, "observedGeneration": 1}}
    stage.cluster.api.merge(f"{stage.deployments}/web/status", status)
    assert version_of(stage) != stale
    assert set_to(5, stage=stage, expected=2, version=stale).done
    assert stage.replicas("web") == 5


def test_a_number_that_somebody_else_set_stays(stage: Stage) -> None:
    stage.make("web", replicas=2)
    stale = version_of(stage)
    stage.cluster.api.merge(f"{stage.deployments}/web/scale", {"spec": {"replicas": 7}})
    done = set_to(5, stage=stage, expected=2, version=stale)
    assert done == Scaled(done=False, found=7, resource_version=version_of(stage))
    assert stage.replicas("web") == 7


def test_a_write_whose_answer_was_lost_counts_as_done(stage: Stage, tmp_path: Path) -> None:
    stage.make("web", replicas=2)
    with ApiProxy(stage.cluster) as proxy:
        proxy.inject(Cut(forwarded=True), verb="patch", resource="deployments/scale", times=1)
        through = proxy.kubeconfig(tmp_path / "kubeconfig")
        done = set_to(5, stage=stage, expected=2, version=version_of(stage), through=through)
    assert (done.done, done.found, stage.replicas("web")) == (True, 5, 5)


def test_conflicts_without_end_are_given_up(stage: Stage, tmp_path: Path) -> None:
    stage.make("web", replicas=2)
    with ApiProxy(stage.cluster) as proxy:
        proxy.inject(Answer(409), verb="patch", resource="deployments/scale")
        through = proxy.kubeconfig(tmp_path / "kubeconfig")
        with pytest.raises(Conflict):
            set_to(5, stage=stage, expected=2, through=through)
        assert len(proxy.seen("patch", "deployments/scale")) == 5
    assert stage.replicas("web") == 2


def test_one_request_is_enough_where_the_version_is_known(stage: Stage, tmp_path: Path) -> None:
    stage.make("web", replicas=2)
    with ApiProxy(stage.cluster) as proxy:
        through = proxy.kubeconfig(tmp_path / "kubeconfig")
        assert set_to(5, stage=stage, expected=2, version=version_of(stage), through=through).done
        assert [(one.verb, one.resource) for one in proxy.requests] == [
            ("patch", "deployments/scale")
        ]


def test_a_deployment_that_is_not_there_is_told(cluster: Cluster, stage: Stage) -> None:
    with pytest.raises(NotFound, match="get deployments/scale web"):
        set_to(5, stage=stage, expected=2)


def test_who_does_not_lead_changes_nothing(stage: Stage) -> None:
    stage.make("web", replicas=2)

    def act(api: Api) -> Awaitable[Scaled]:
        return scale(
            api.fenced(lambda: 0.0),
            namespace=stage.namespace,
            name="web",
            replicas=5,
            expected=2,
        )

    with pytest.raises(NotLeading):
        do(stage.cluster.kubeconfig, act)
    assert stage.replicas("web") == 2
