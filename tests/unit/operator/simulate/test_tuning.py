"""The search finds what a look at all settings would find."""

import pytest

from giveway_operator.simulate.engine import Budget
from giveway_operator.simulate.families import BY_NAME, FAMILIES, in_words
from giveway_operator.simulate.loads import draw
from giveway_operator.simulate.policies.fixed import FixedSettings
from giveway_operator.simulate.policies.giveway import GivewaySettings
from giveway_operator.simulate.policies.kpa import KpaSettings
from giveway_operator.simulate.standard import PROMISES
from giveway_operator.simulate.trace import Arrival, Trace
from giveway_operator.simulate.tuning import simulate, tune
from tests.unit.operator.simulate.queues import around

# Three at a time, each 4 s, every 6 s; promised 5 s: two replicas are enough, one is not.
TRIPLES = Trace(
    tuple(Arrival(6.0 * at, 0, 4.0) for at in range(50) for _ in range(3)), seconds=300.0
)


def test_the_cheapest_settings_that_keep_the_promises_are_found() -> None:
    told: list[int] = []
    best = tune(BY_NAME["fixed"], [TRIPLES], around(), target=1.0, told=told.append)
    assert best.settings == FixedSettings(2)
    assert (best.kept, best.tried) == (1.0, sum(told))
    one = simulate(TRIPLES, BY_NAME["fixed"], FixedSettings(1), around(), seed=0)
    assert one.kept < 1


def test_if_nothing_keeps_them_what_keeps_most_is_found() -> None:
    cold = around(startup_seconds=1000.0, min_replicas=0, max_replicas=1)
    best = tune(BY_NAME["fixed"], [TRIPLES], cold, target=1.0)
    assert 0 < best.kept < 1


def test_a_search_tells_of_no_more_trials_than_it_announced() -> None:
    for family in FAMILIES:
        assert len(set(family.around(family.default, stage=0))) <= family.most_trials
    best = tune(BY_NAME["keda"], [TRIPLES], around(), target=1.0)
    assert best.tried <= BY_NAME["keda"].most_trials


def test_defaults_are_part_of_what_is_searched() -> None:
    for family in FAMILIES:
        assert (
            family.default in set(family.around(family.default, stage=0)) or family.name == "fixed"
        )


def test_the_same_seed_gives_the_same_run_and_another_one_another() -> None:
    settings = GivewaySettings()
    runs = [
        simulate(TRIPLES, BY_NAME["giveway"], settings, around(), seed=seed) for seed in (5, 5, 6)
    ]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_settings_are_told_in_words() -> None:
    assert in_words(KpaSettings(target=1.5)) == "target 1.5, stable_seconds 60, " + (
        "down_delay_seconds 0, min_replicas 0"
    )
    assert in_words(GivewaySettings(2)) == "min_replicas 2"


def test_a_run_that_costs_more_than_it_may_is_not_finished() -> None:
    family, settings = BY_NAME["fixed"], FixedSettings(10)
    dear = Budget(pod_seconds=600.0, patience=(5.0, 3600.0), late=(100, 100))
    found = simulate(TRIPLES, family, settings, around(), seed=0, budget=dear)
    assert 600.0 < found.pod_hours * 3600 < 1500.0  # looked at once a minute
    assert found.unserved > 0


def test_a_run_in_which_too_many_are_late_is_not_finished() -> None:
    family, settings = BY_NAME["fixed"], FixedSettings(1)
    strict = Budget(pod_seconds=1e9, patience=(5.0, 3600.0), late=(3, 3))
    found = simulate(TRIPLES, family, settings, around(), seed=0, budget=strict)
    assert found.unserved > 100
    assert found.kept < 0.5


@pytest.mark.parametrize("name", ["hpa", "kpa", "fixed"])
def test_giving_up_early_finds_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    family, traces = BY_NAME[name], [draw("bursts", seconds=600, seed=seed) for seed in (1, 2)]
    early = tune(family, traces, around(promises=PROMISES, service=(1.0, 3.0, 60.0)), target=0.95)
    monkeypatch.setattr("giveway_operator.simulate.tuning._budget", lambda *_: None)
    full = tune(family, traces, around(promises=PROMISES, service=(1.0, 3.0, 60.0)), target=0.95)
    assert early == full
