"""Of several operators one leads; another takes over in time; never two at once. Real processes."""

import asyncio
import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from giveway_operator.cluster.lease import Lease, LeaseTimes
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy, Hang
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.asking import asking

DURATION = 10.0  # as in production, where the time until another takes over is measured
SHORT = 3.0  # where only the order counts
DEADLINE = 0.8  # of the duration: how long the holder itself believes in it
LEASE = "/apis/coordination.k8s.io/v1/namespaces/{}/leases/leader"


@dataclass(frozen=True)
class Contender:
    identity: str
    process: subprocess.Popen[bytes]
    path: Path

    @property
    def acts(self) -> list[float]:
        """The instants at which it believed to lead; a line that is being written is no line."""
        if not self.path.exists():
            return []
        return [float(line) for line in self.path.read_text().splitlines(keepends=True)[:-1]]

    def until_leading(self, *, after: float = 0.0, within: float = 30.0) -> float:
        """The first instant after this one at which it led."""
        acts = until(
            lambda: [act for act in self.acts if act > after],
            what=f"{self.identity} to lead",
            within=within,
        )
        return acts[0]

    def until_watching(self) -> None:
        """It runs, and has seen who leads: from here on only the Lease's own times count."""
        until(self.path.with_suffix(".sees").exists, what=f"{self.identity} to watch the Lease")

    def send(self, number: signal.Signals) -> float:
        self.process.send_signal(number)
        return time.monotonic()


Start = Callable[..., Contender]


@pytest.fixture
def contender(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Start]:
    started: list[Contender] = []

    def start(
        identity: str, *, seconds: float = SHORT, kubeconfig: Path = cluster.kubeconfig
    ) -> Contender:
        path = tmp_path / identity
        arguments = [kubeconfig, namespace, identity, path, seconds]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.reconcile.cluster.contender", *map(str, arguments)],
            cwd=Path(__file__).parents[3],
        )
        started.append(Contender(identity, process, path))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def overlap(first: Contender, second: Contender) -> list[str]:
    """Where the first acted after the second had begun to; instants of two processes, one clock."""
    begun_at = min(second.acts, default=math.inf)
    return [f"first at {act}, second since {begun_at}" for act in first.acts if act >= begun_at]


def test_a_second_takes_over_within_fifteen_seconds_of_a_kill_and_never_acts_beside_the_first(
    contender: Start,
) -> None:
    first = contender("first", seconds=DURATION)
    first.until_leading()
    second = contender("second", seconds=DURATION)
    second.until_watching()
    until(lambda: len(first.acts) > 500, what="the first to lead for a while")
    assert not second.acts
    killed_at = first.send(signal.SIGKILL)
    took_over_at = second.until_leading()
    print(f"taken over {took_over_at - killed_at:.2f} s after kill -9")
    assert took_over_at - killed_at < 15
    assert overlap(first, second) == []


def test_a_second_takes_over_within_two_seconds_of_a_release(contender: Start) -> None:
    first = contender("first", seconds=DURATION)
    first.until_leading()
    second = contender("second", seconds=DURATION)
    second.until_watching()
    until(lambda: len(first.acts) > 500, what="the first to lead for a while")
    told_at = first.send(signal.SIGTERM)
    assert first.process.wait(20) == 0
    released_at = time.monotonic()
    took_over_at = second.until_leading()
    print(f"taken over {took_over_at - told_at:.2f} s after SIGTERM")
    # From the end of the process: how long a loaded machine takes to end it is not the Lease's.
    assert took_over_at - released_at < 2
    assert overlap(first, second) == []


def test_one_that_was_frozen_acts_no_more_when_it_thaws(contender: Start) -> None:
    first = contender("first")
    first.until_leading()
    second = contender("second")
    second.until_watching()
    frozen_at = first.send(signal.SIGSTOP)
    took_over_at = second.until_leading()
    assert took_over_at - frozen_at < 15
    thawed_at = first.send(signal.SIGCONT)
    until(lambda: second.acts[-1] > thawed_at + 2, what="the second to lead on")
    assert not [act for act in first.acts if act > thawed_at]
    assert overlap(first, second) == []


@pytest.mark.parametrize("fault", [Hang(), Hang(forwarded=True), Answer(503)], ids=str)
def test_one_whose_api_server_is_silent_gives_up_before_another_takes_over(
    cluster: Cluster, contender: Start, tmp_path: Path, fault: Hang | Answer
) -> None:
    with ApiProxy(cluster) as proxy:
        first = contender("first", kubeconfig=proxy.kubeconfig(tmp_path / "kubeconfig"))
        first.until_leading()
        second = contender("second")
        second.until_watching()
        silenced_at = time.monotonic()
        proxy.inject(fault)
        took_over_at = second.until_leading(within=30)
        last = first.acts[-1]
        print(f"gave up {last - silenced_at:.2f} s, taken over {took_over_at - silenced_at:.2f} s")
        assert last - silenced_at <= SHORT * DEADLINE
        assert last < took_over_at
        proxy.heal()
        until(lambda: second.acts[-1] > took_over_at + 2, what="the second to lead on")
        assert overlap(first, second) == []


def test_one_answer_that_was_lost_costs_nobody_the_lead(
    cluster: Cluster, contender: Start, tmp_path: Path
) -> None:
    with ApiProxy(cluster) as proxy:
        first = contender("first", kubeconfig=proxy.kubeconfig(tmp_path / "kubeconfig"))
        first.until_leading()
        second = contender("second")
        second.until_watching()
        lost = proxy.inject(Hang(forwarded=True), verb="patch", resource="leases", times=1)
        assert lost.happened.wait(10)
        lost_at = time.monotonic()
        first.until_leading(after=lost_at + SHORT * 1.5)
        assert not second.acts
        assert max(after - before for before, after in pairwise(first.acts)) < 2.0


def test_a_lease_that_somebody_deletes_has_one_leader_again_and_never_two(
    cluster: Cluster, namespace: str, contender: Start
) -> None:
    first = contender("first")
    first.until_leading()
    second = contender("second")
    second.until_watching()
    until(lambda: len(first.acts) > 500, what="the first to lead for a while")
    cluster.api.delete(LEASE.format(namespace))
    deleted_at = time.monotonic()
    leaders = until(
        lambda: [one for one in (first, second) if one.acts and one.acts[-1] > deleted_at + SHORT],
        what="one of them to lead again",
    )
    assert len(leaders) == 1
    assert leaders == [first] or overlap(first, second) == []


def test_the_lease_is_written_as_other_tools_read_it(
    cluster: Cluster, namespace: str, contender: Start
) -> None:
    contender("first", seconds=DURATION).until_leading()
    spec = cluster.api.get(LEASE.format(namespace))["spec"]
    assert spec["holderIdentity"] == "first"
    assert spec["leaseDurationSeconds"] == DURATION
    assert len(spec["renewTime"].split(".")[1]) == len("123456Z")


def test_a_contest_that_something_else_has_ended_is_seen(cluster: Cluster, namespace: str) -> None:
    """By the liveness probe: whoever contends no more never leads again."""

    async def ends() -> list[bool]:
        async with asking(cluster.kubeconfig) as api:
            lease = Lease(
                api, namespace=namespace, name="leader", identity="only", times=LeaseTimes.of(1.0)
            )
            await lease.start()
            seen = [lease.ended]
            (task,) = (one for one in asyncio.all_tasks() if one.get_name() == "lease")
            task.cancel()
            await asyncio.wait([task])
            seen.append(lease.ended)
            await lease.stop()
            return [*seen, lease.ended]

    assert asyncio.run(ends()) == [False, True, False]


def test_a_fault_of_our_own_does_not_end_the_contest(cluster: Cluster, namespace: str) -> None:
    def fails(_: bool) -> None:
        raise ValueError("odd")

    async def leads() -> bool:
        async with asking(cluster.kubeconfig) as api:
            lease = Lease(
                api,
                namespace=namespace,
                name="leader",
                identity="only",
                times=LeaseTimes.of(1.0),
                changed=fails,
            )
            await lease.start()
            with pytest.raises(TimeoutError):  # more than two deadlines: it has renewed
                async with asyncio.timeout(2.0):
                    await lease.wait()
            return lease.holding

    assert asyncio.run(leads())
