"""The rivals behave as their documents say: each rule of theirs in numbers."""

import pytest

from giveway_operator.simulate.policies.hpa import Autoscaler, Hpa, HpaSettings
from giveway_operator.simulate.policies.keda import Keda, KedaSettings
from giveway_operator.simulate.policies.kpa import Kpa, KpaSettings
from tests.unit.operator.simulate.queues import around, sight


def test_an_hpa_divides_the_metric_by_the_target_and_rounds_up() -> None:
    assert Autoscaler([5.0]).replicas([18.0], current=3, now=0.0) == 4


@pytest.mark.parametrize(("metric", "replicas"), [(54.0, 10), (46.0, 10), (56.0, 12), (44.0, 9)])
def test_an_hpa_leaves_what_is_within_a_tenth(metric: float, replicas: int) -> None:
    assert (
        Autoscaler([5.0], stabilization_seconds=0.0).replicas([metric], current=10, now=0.0)
        == replicas
    )


def test_an_hpa_takes_the_highest_of_its_metrics_and_does_not_add_them() -> None:
    assert Autoscaler([5.0, 5.0]).replicas([20.0, 30.0], current=5, now=0.0) == 6


def test_an_hpa_goes_up_by_four_pods_or_double_in_a_sync() -> None:
    scaler = Autoscaler([1.0])
    assert scaler.replicas([100.0], current=1, now=0.0) == 5
    assert scaler.replicas([100.0], current=5, now=15.0) == 10
    assert scaler.replicas([100.0], current=10, now=30.0) == 20


def test_an_hpa_goes_down_to_the_most_of_its_window_and_never_to_zero() -> None:
    scaler = Autoscaler([1.0])
    assert scaler.replicas([4.0], current=1, now=0.0) == 4
    assert scaler.replicas([0.0], current=4, now=285.0) == 4
    assert scaler.replicas([0.0], current=4, now=301.0) == 1


def test_an_hpa_may_count_busy_slots() -> None:
    settings = HpaSettings(length=100.0, busy_share=0.5)
    busy = sight(0.0, running=(3, 0), replicas=3)
    assert Hpa(settings, around()).replicas(busy) == 6


def test_lengths_may_follow_the_promises_of_the_tiers() -> None:
    told = around(service=(0.5, 36.0), slots=2)
    assert told.lengths(0.1) == (2.0, 20.0)  # a tenth of 5 s and of an hour, on two slots


def test_keda_notices_at_a_poll_and_begins_with_one() -> None:
    keda = Keda(KedaSettings(), around())
    assert keda.replicas(sight(0.0, replicas=0)) == 0
    assert keda.replicas(sight(15.0, waiting=(50, 0), replicas=0)) == 0
    assert keda.replicas(sight(30.0, waiting=(50, 0), replicas=0)) > 0


def test_keda_counts_what_waits_and_not_what_runs() -> None:
    keda = Keda(KedaSettings(stabilization_seconds=60.0), around())
    replicas = keda.replicas(sight(0.0, waiting=(25, 0), replicas=1))
    assert replicas == 5
    for now in range(15, 91, 15):
        replicas = keda.replicas(sight(float(now), running=(5, 0), replicas=replicas))
    assert replicas == 1  # four pods that are at work were taken away


def test_keda_goes_to_zero_when_nothing_was_active_for_its_cooldown() -> None:
    keda = Keda(KedaSettings(), around())
    replicas, zero_at = keda.replicas(sight(0.0, waiting=(1, 0), replicas=0)), 0.0
    for now in range(15, 600, 15):
        replicas = keda.replicas(sight(float(now), replicas=replicas))
        if not replicas:
            zero_at = now
            break
    assert zero_at == 300


def test_keda_polls_as_often_as_it_is_told() -> None:
    assert Keda(KedaSettings(), around()).period_seconds == 15.0
    assert Keda(KedaSettings(polling_seconds=10.0), around()).period_seconds == 5.0


class Concurrency:
    """Feeds a KPA with a concurrency that lasts, tick by tick."""

    def __init__(self, kpa: Kpa, replicas: int) -> None:
        self.kpa, self.replicas = kpa, replicas
        self.now = self.total = 0.0

    def hold(self, tasks: int, seconds: float) -> int:
        for _ in range(round(seconds / self.kpa.period_seconds)):
            self.now += self.kpa.period_seconds
            self.total += tasks * self.kpa.period_seconds
            seen = sight(
                self.now,
                running=(tasks, 0),
                replicas=self.replicas,
                task_seconds=self.total,
            )
            self.replicas = self.kpa.replicas(seen)
        return self.replicas


def test_a_kpa_averages_the_concurrency_of_a_minute() -> None:
    load = Concurrency(Kpa(KpaSettings(target=1.0), around()), replicas=10)
    assert load.hold(10, 60) == 10
    # From 10 to 16 is no panic; after half a minute half of it is in the mean.
    assert load.hold(16, 30) == 13
    assert load.hold(16, 32) == 16


def test_a_kpa_panics_at_twice_its_pods_and_does_not_go_down_for_a_minute() -> None:
    load = Concurrency(Kpa(KpaSettings(target=1.0), around()), replicas=4)
    load.hold(4, 60)
    peak = load.hold(12, 6)
    assert peak == 12
    assert load.hold(4, 58) == peak
    assert load.hold(4, 30) < peak


def test_a_kpa_halves_at_most_in_one_tick() -> None:
    load = Concurrency(Kpa(KpaSettings(target=1.0, stable_seconds=6.0), around()), replicas=16)
    load.hold(16, 60)
    assert load.hold(0, 4) == 6  # the mean of 6 s, of which 4 were empty
    assert load.hold(0, 2) == 3


def test_a_kpa_keeps_its_last_pod_for_the_grace_period() -> None:
    load = Concurrency(Kpa(KpaSettings(target=1.0), around()), replicas=1)
    load.hold(1, 60)
    assert load.hold(0, 88) == 1
    assert load.hold(0, 6) == 0


def test_a_kpa_at_zero_sees_at_once_what_waits() -> None:
    kpa = Kpa(KpaSettings(target=1.0), around())
    for now in range(0, 60, 2):
        assert kpa.replicas(sight(float(now), replicas=0)) == 0
    assert kpa.replicas(sight(59.0, waiting=(3, 0), replicas=0, ready=0)) == 3
