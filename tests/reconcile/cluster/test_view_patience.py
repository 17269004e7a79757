"""A queue whose pods do not come is asked for ever more rarely, until something changes."""

import asyncio
from itertools import pairwise
from pathlib import Path

from giveway.clock import monotonic
from giveway_operator.facts import QueueKey
from giveway_operator.observe.cluster import ClusterView
from giveway_operator.observe.target import Target
from tests.cluster.proxy import ApiProxy
from tests.reconcile.cluster.asking import asking
from tests.reconcile.cluster.stage import Stage

QUICK = 0.05  # seconds


def test_what_moves_but_does_not_change_is_asked_for_half_as_often_each_time(
    stage: Stage, api_proxy: ApiProxy, tmp_path: Path
) -> None:
    stage.make("stuck", replicas=1)  # its pod never comes
    target = Target(QueueKey(stage.namespace, "stuck"), deployment="stuck", made=False)
    asked: list[float] = []

    async def until_asked(view: ClusterView, times: int) -> None:
        async with asyncio.timeout(60):
            while len(asked) < times:
                await view.look_all([target])
                if len(api_proxy.seen("get", "deployments")) > len(asked):
                    asked.append(monotonic())
                await asyncio.sleep(0)

    async def run() -> None:
        async with asking(api_proxy.kubeconfig(tmp_path / "kubeconfig")) as api:
            view = ClusterView(api, slow_seconds=60, quick_seconds=QUICK)
            await until_asked(view, 6)
            scale = {"spec": {"replicas": 3}}
            stage.cluster.api.merge(f"{stage.deployments}/stuck/scale", scale)
            await until_asked(view, 8)

    asyncio.run(run())
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    slack = QUICK / 2  # between a look's own clock and ours
    for place, gap in enumerate(gaps[:6]):
        assert gap >= QUICK * 2**place - slack, gaps
    assert gaps[6] < QUICK * 2**5, "a change is followed up quickly"
