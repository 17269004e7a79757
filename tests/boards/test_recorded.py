"""What the recording rules make of what many say of the same queue."""

from pathlib import Path

import pytest

from tests.boards.cases import NAMED, OF_RESOURCE, Series, holds, of_operator, promtool_test, tier

OURS = {"namespace": "prod", "queue": "parcels"}


def recorded(
    folder: Path, series: Series, expected: dict[str, list[tuple[dict[str, str], float]]]
) -> None:
    """Each recorded series has these labels and values after ten minutes."""
    asked = [
        {
            "expr": record,
            "eval_time": "10m",
            "exp_samples": [
                {"labels": f"{record}{_written(labels)}", "value": value} for labels, value in found
            ],
        }
        for record, found in expected.items()
    ]
    holds(promtool_test(series, promql_expr_test=asked), folder=folder)


def _written(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def test_a_queue_that_three_workers_and_two_operators_report_is_counted_once(
    tmp_path: Path,
) -> None:
    series = dict(NAMED)
    for worker in ("w1", "w2", "w3"):
        series |= tier("queue_depth", "7x30", instance=worker)
    for operator in ("op1", "op2"):
        series |= of_operator("queue_depth", "7x30", instance=operator, labels=',tier="high"')
    recorded(
        tmp_path,
        series,
        {"namespace_queue_tier:giveway_queue_depth:max": [(OURS | {"tier": "high"}, 7)]},
    )


def test_a_queue_without_workers_is_seen_under_its_own_name_and_not_its_resources(
    tmp_path: Path,
) -> None:
    series = of_operator("queue_depth", "3x30", labels=',tier="low"')
    series |= of_operator("queue_dead", "2x30")
    recorded(
        tmp_path,
        series,
        {
            "namespace_queue_tier:giveway_queue_depth:max": [(OURS | {"tier": "low"}, 3)],
            "namespace_queue:giveway_queue_dead:max": [(OURS, 2)],
        },
    )


def test_workers_outside_of_kubernetes_need_no_namespace_and_no_operator(tmp_path: Path) -> None:
    series = {'giveway_queue_depth{queue="parcels",tier="low",instance="w1"}': "4x30"}
    recorded(
        tmp_path,
        series,
        {
            "namespace_queue_tier:giveway_queue_depth:max": [
                ({"queue": "parcels", "tier": "low"}, 4)
            ]
        },
    )


def test_two_resources_of_one_queue_make_one_series_with_the_stricter_promise(
    tmp_path: Path,
) -> None:
    other = 'namespace="prod",name="vip",instance="op1"'
    series = of_operator("queue_slo_seconds", "60x30", labels=',tier="high"')
    series |= {
        f'giveway_operator_queue_info{{{other},queue="parcels"}}': "1x30",
        f'giveway_operator_queue_slo_seconds{{{other},tier="high"}}': "5x30",
    }
    series |= tier("queue_oldest_seconds", "4x30")
    recorded(
        tmp_path,
        series,
        {
            "namespace_queue_tier:giveway_operator_queue_slo_seconds:min": [
                (OURS | {"tier": "high"}, 5)
            ],
            "namespace_queue_tier:giveway_promise_used:ratio": [(OURS | {"tier": "high"}, 0.8)],
        },
    )


@pytest.mark.parametrize("other", ["older", "zebra"])
def test_of_two_operators_that_disagree_about_the_name_of_a_queue_the_leader_is_right(
    tmp_path: Path, other: str
) -> None:
    info = "giveway_operator_queue_info"
    series = of_operator("queue_dead", "2x30")
    del series[f'{info}{{{OF_RESOURCE},queue="parcels",instance="op2"}}']
    series[f'{info}{{{OF_RESOURCE},queue="{other}",instance="op2"}}'] = "1x30"
    recorded(tmp_path, series, {"namespace_queue:giveway_queue_dead:max": [(OURS, 2)]})


def test_namespaces_that_call_a_queue_alike_have_nothing_to_do_with_each_other(
    tmp_path: Path,
) -> None:
    series = {
        f'giveway_queue_dead{{namespace="{name}",queue="parcels",instance="{name}"}}': f"{dead}x30"
        for name, dead in (("prod", 1), ("test", 9))
    }
    recorded(
        tmp_path,
        series,
        {
            "namespace_queue:giveway_queue_dead:max": [
                ({"namespace": "prod", "queue": "parcels"}, 1),
                ({"namespace": "test", "queue": "parcels"}, 9),
            ]
        },
    )


def test_replicas_are_those_that_the_leader_asks_for(tmp_path: Path) -> None:
    labels = ',kind="desired"'
    series = of_operator("replicas", "2x30", labels=labels)
    series |= of_operator("replicas", "9x30", instance="op2", labels=labels)
    ours = OURS | {"name": "packing", "kind": "desired"}
    recorded(
        tmp_path, series, {"namespace_name_queue_kind:giveway_operator_replicas:max": [(ours, 2)]}
    )


def test_a_complaint_is_a_condition_that_wants_to_be_read_as_the_leader_says_it(
    tmp_path: Path,
) -> None:
    series: dict[str, str] = {}
    told = {"Ready": 1, "ScalingActive": 0, "Paused": 0, "EvictionPolicy": 1, "Draining": 1}
    for kind, value in told.items():
        labels = f',type="{kind}"'
        series |= of_operator("queue_condition", f"{value}x30", labels=labels)
        series |= of_operator("queue_condition", f"{1 - value}x30", instance="op2", labels=labels)
    ours = OURS | {"name": "packing"}
    recorded(
        tmp_path,
        series,
        {
            "namespace_name_queue_type:giveway_operator_queue_complaint:leader": [
                (ours | {"type": "Ready"}, 0),
                (ours | {"type": "ScalingActive"}, 1),
                (ours | {"type": "Paused"}, 0),
                (ours | {"type": "EvictionPolicy"}, 1),
            ]
        },
    )


def test_what_flows_is_rated_before_it_is_added_so_that_no_restart_shows(tmp_path: Path) -> None:
    series = {
        f'giveway_tasks_total{{namespace="prod",queue="parcels",tier="high",task="{task}",'
        f'outcome="done",instance="{worker}"}}': values
        for task, worker, values in (
            ("pack", "w1", "0+30x30"),
            ("print", "w1", "0+30x30"),
            ("pack", "w2", "900+30x10 30+30x30"),
        )
    }
    labels = OURS | {"tier": "high", "outcome": "done"}
    recorded(tmp_path, series, {"namespace_queue_tier_outcome:giveway_tasks:rate5m": [(labels, 3)]})
