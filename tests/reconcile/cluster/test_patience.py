"""A server in trouble is asked again, for a while, and what is left is one error that says it."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lightkube.resources.core_v1 import ConfigMap

from giveway_operator.cluster.errors import (
    AlreadyExists,
    Conflict,
    Gone,
    NotLeading,
    Unreachable,
)
from giveway_operator.cluster.patience import Patience
from giveway_operator.cluster.translate import Result
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy, Cut, Hang
from tests.reconcile.cluster.asking import asking

BRISK = Patience(attempt_seconds=0.5, total_seconds=3.0, base_seconds=0.01, cap_seconds=0.05)


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[ApiProxy]:
    with ApiProxy(cluster) as proxy:
        yield proxy


@pytest.fixture
def kubeconfig(proxy: ApiProxy, tmp_path: Path) -> Path:
    return proxy.kubeconfig(tmp_path / "kubeconfig")


@pytest.fixture
def existing(cluster: Cluster, namespace: str) -> str:
    """A ConfigMap in the namespace; its name."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    cluster.api.post(path, {"metadata": {"name": "one"}, "data": {"a": "1"}})
    return "one"


class Attempts:
    """Counts as the metric does."""

    def __init__(self) -> None:
        self.results: list[tuple[str, str, Result]] = []

    def __call__(self, verb: str, resource: str, result: Result, seconds: float, /) -> None:
        assert seconds >= 0
        self.results.append((verb, resource, result))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_storm_of_server_errors_is_waited_out(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str, status: int
) -> None:
    proxy.inject(Answer(status), verb="get", resource="configmaps", times=3)
    attempts = Attempts()

    async def ask() -> None:
        async with asking(kubeconfig, patience=BRISK, counted=attempts) as api:
            assert (await api.get(ConfigMap, existing, namespace=namespace)).data == {"a": "1"}

    asyncio.run(ask())
    failed, fine = ("get", "configmaps", Result.FAILED), ("get", "configmaps", Result.OK)
    assert attempts.results == [failed, failed, failed, fine]


def test_a_throttling_server_is_not_asked_before_it_said(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    proxy.inject(Answer(429, retry_after_seconds=1), verb="get", times=1)
    attempts = Attempts()

    async def ask() -> None:
        async with asking(kubeconfig, patience=BRISK, counted=attempts) as api:
            await api.get(ConfigMap, existing, namespace=namespace)

    asyncio.run(ask())
    first, second = proxy.seen("get", "configmaps")
    assert 1.0 <= second.at - first.at < 2.0
    assert [result for _, _, result in attempts.results] == [Result.THROTTLED, Result.OK]


def test_a_wait_beyond_our_patience_ends_at_once_with_the_servers_words(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    proxy.inject(Answer(429, retry_after_seconds=3600, message="too many requests"), verb="get")

    async def ask() -> None:
        async with asking(kubeconfig, patience=BRISK) as api:
            await api.get(ConfigMap, existing, namespace=namespace)

    began = time.monotonic()
    with pytest.raises(Unreachable, match=f"get configmaps one in namespace {namespace}: too many"):
        asyncio.run(ask())
    assert time.monotonic() - began < 1.0
    assert len(proxy.seen("get", "configmaps")) == 1


def test_a_server_that_stays_broken_is_given_up_within_the_time(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    proxy.inject(Answer(503), verb="get")

    async def ask() -> None:
        async with asking(kubeconfig, patience=BRISK) as api:
            await api.get(ConfigMap, existing, namespace=namespace)

    began = time.monotonic()
    with pytest.raises(Unreachable):
        asyncio.run(ask())
    assert time.monotonic() - began < BRISK.total_seconds
    assert len(proxy.seen("get", "configmaps")) == BRISK.attempts


def test_a_silent_server_is_given_up_within_the_time(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    proxy.inject(Hang(), verb="get")
    attempts = Attempts()

    async def ask() -> None:
        async with asking(kubeconfig, patience=BRISK, counted=attempts) as api:
            await api.get(ConfigMap, existing, namespace=namespace)

    began = time.monotonic()
    with pytest.raises(Unreachable, match="no answer in time"):
        asyncio.run(ask())
    assert time.monotonic() - began < BRISK.total_seconds + 0.5
    assert {result for _, _, result in attempts.results} == {Result.SILENT}


def test_a_connection_that_breaks_is_made_anew(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    proxy.inject(Cut(), verb="get", times=2)

    async def ask() -> None:
        async with asking(kubeconfig, patience=BRISK) as api:
            assert (await api.get(ConfigMap, existing, namespace=namespace)).data == {"a": "1"}

    asyncio.run(ask())


def test_cancelling_ends_a_request_that_hangs_at_once(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    hanging = proxy.inject(Hang(), verb="get")

    async def ask() -> float:
        async with asking(kubeconfig) as api:
            task = asyncio.create_task(api.get(ConfigMap, existing, namespace=namespace))
            assert await asyncio.to_thread(hanging.happened.wait, 10)
            began = time.monotonic()
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            return time.monotonic() - began

    assert asyncio.run(ask()) < 0.2


def test_cancelling_ends_the_wait_before_the_next_attempt_at_once(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    throttled = proxy.inject(Answer(429, retry_after_seconds=5), verb="get")

    async def ask() -> float:
        async with asking(kubeconfig) as api:
            task = asyncio.create_task(api.get(ConfigMap, existing, namespace=namespace))
            assert await asyncio.to_thread(throttled.happened.wait, 10)
            began = time.monotonic()
            task.cancel()
            await asyncio.wait([task])
            return time.monotonic() - began

    assert asyncio.run(ask()) < 0.2


def test_requests_that_hang_hold_up_others_no_longer_than_patience_and_the_lease_not_at_all(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    hanging = proxy.inject(Hang(), verb="get", resource="configmaps")

    async def ask() -> tuple[float, float]:
        async with asking(kubeconfig, patience=Patience(total_seconds=1.5)) as api:
            began = time.monotonic()
            crowd = [
                asyncio.create_task(api.get(ConfigMap, existing, namespace=namespace))
                for _ in range(80)
            ]
            assert await asyncio.to_thread(hanging.happened.wait, 10)
            asked_at = time.monotonic()
            await api.apart(Patience()).list_all(ConfigMap, namespace=namespace)
            answered = time.monotonic() - asked_at
            results = await asyncio.gather(*crowd, return_exceptions=True)
            assert {type(result) for result in results} == {Unreachable}
            return answered, time.monotonic() - began

    answered, ended = asyncio.run(ask())
    assert answered < 1.0
    assert ended < 2.5


def test_a_conflict_is_the_callers_to_resolve(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    async def ask() -> None:
        async with asking(kubeconfig, patience=BRISK) as api:
            stale = {"metadata": {"resourceVersion": "1"}, "data": {"a": "2"}}
            await api.merge(ConfigMap, existing, stale, namespace=namespace)

    with pytest.raises(Conflict):
        asyncio.run(ask())
    assert len(proxy.seen("patch", "configmaps")) == 1


def test_a_list_that_is_too_old_to_go_on_begins_anew(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    proxy.inject(Answer(410), verb="list", resource="configmaps", times=1)

    async def ask() -> list[str | None]:
        async with asking(kubeconfig, patience=BRISK) as api:
            found = await api.list_all(ConfigMap, namespace=namespace)
            return [one.metadata.name for one in found if one.metadata]

    assert existing in asyncio.run(ask())


def test_a_list_that_never_holds_is_gone(proxy: ApiProxy, kubeconfig: Path, namespace: str) -> None:
    proxy.inject(Answer(410), verb="list", resource="configmaps")

    async def ask() -> None:
        async with asking(kubeconfig, patience=BRISK) as api:
            await api.list_all(ConfigMap, namespace=namespace)

    with pytest.raises(Gone):
        asyncio.run(ask())


def test_what_was_made_without_an_answer_exists_already_at_the_second_attempt(
    proxy: ApiProxy, kubeconfig: Path, namespace: str
) -> None:
    proxy.inject(Cut(forwarded=True), verb="create", resource="configmaps", times=1)

    async def ask() -> None:
        async with asking(kubeconfig, patience=BRISK) as api:
            await api.create(ConfigMap, {"metadata": {"name": "new"}}, namespace=namespace)

    with pytest.raises(AlreadyExists):
        asyncio.run(ask())


def test_who_does_not_lead_sends_no_write_and_may_read(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    async def ask() -> None:
        async with asking(kubeconfig) as api:
            fenced = api.fenced(lambda: 0.0)
            await fenced.get(ConfigMap, existing, namespace=namespace)
            await fenced.merge(ConfigMap, existing, {"data": {"a": "2"}}, namespace=namespace)

    with pytest.raises(NotLeading, match="not sent"):
        asyncio.run(ask())
    assert not proxy.writes()


def test_a_write_is_not_waited_for_beyond_the_end_of_the_lead(
    proxy: ApiProxy, kubeconfig: Path, namespace: str, existing: str
) -> None:
    proxy.inject(Hang(), verb="patch")
    ends_at = time.monotonic() + 0.6

    async def ask() -> None:
        async with asking(kubeconfig) as api:
            fenced = api.fenced(lambda: ends_at - time.monotonic())
            await fenced.merge(ConfigMap, existing, {"data": {"a": "2"}}, namespace=namespace)

    with pytest.raises(NotLeading):
        asyncio.run(ask())
    assert time.monotonic() - ends_at < 0.5
