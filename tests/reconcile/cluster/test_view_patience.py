"""A queue whose pods do not come is asked for ever more rarely, until something changes."""

import asyncio
from pathlib import Path

import pytest

from giveway_operator.facts import QueueKey
from giveway_operator.observe import census, cluster
from giveway_operator.observe.cluster import ClusterView
from giveway_operator.observe.target import Target
from tests.cluster.proxy import ApiProxy
from tests.reconcile.cluster.asking import asking
from tests.reconcile.cluster.stage import Stage


def test_what_moves_but_does_not_change_is_asked_for_half_as_often_each_time(
    stage: Stage, api_proxy: ApiProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.make("stuck", replicas=1)  # its pod never comes
    target = Target(QueueKey(stage.namespace, "stuck"), deployment="stuck", made=False)
    asked: list[int] = []
    second = 0  # the view's clock is ours: on a busy machine no real one says who waited for whom
    for module in (cluster, census):
        monkeypatch.setattr(module, "monotonic", lambda: float(second))

    async def run() -> None:
        nonlocal second
        async with asking(api_proxy.kubeconfig(tmp_path / "kubeconfig")) as api:
            view = ClusterView(api, slow_seconds=60, quick_seconds=1)
            for second in range(70):
                before = len(api_proxy.seen("get", "deployments"))
                await view.look_all([target])
                asked.extend([second] * (len(api_proxy.seen("get", "deployments")) - before))
                if second == 50:
                    scale = {"spec": {"replicas": 3}}
                    stage.cluster.api.merge(f"{stage.deployments}/stuck/scale", scale)

    asyncio.run(run())
    # 16 seconds are the most, and a change is followed up as quickly as at the start.
    assert asked == [0, 1, 3, 7, 15, 31, 47, 63, 64, 66]
