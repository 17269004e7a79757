"""Which resources want the same, and who of them has it."""

from typing import Any

from giveway_operator.facts import QueueKey
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Rivals
from giveway_operator.rivals import Claim, rivals


def made(name: str, at: str, **spec: Any) -> PriorityQueue:
    return PriorityQueue.parse(
        {
            "metadata": {
                "name": name,
                "namespace": "default",
                "uid": name,
                "creationTimestamp": f"2026-01-01T00:00:0{at}Z",
            },
            "spec": {
                "queue": "orders",
                "redis": {"secret": {"name": "redis"}},
                "tiers": [{"name": "high", "sloSeconds": 5}, {"name": "low", "sloSeconds": 60}],
                "worker": {"scaleTargetRef": {"name": name}},
            }
            | spec,
        }
    )


def found(*resources: PriorityQueue) -> dict[str, Rivals]:
    return {key.name: one for key, one in rivals(map(Claim.of, resources)).items()}


def test_workers_of_several_kinds_beside_one_queue_are_no_rivals() -> None:
    vip = made("vip", "2", worker={"scaleTargetRef": {"name": "vip"}, "tiers": ["high"]})

    assert found(made("general", "1"), vip) == {}


def test_who_declares_other_tiers_later_leaves_them_alone() -> None:
    other = made("later", "2", tiers=[{"name": "high", "sloSeconds": 5}])

    (name,) = found(other, made("first", "1"))

    assert name == "later"
    told = found(other, made("first", "1"))["later"]
    assert told.control.startswith("PriorityQueue first was there first")
    assert told.target == ""


def test_another_promise_is_no_other_tier_but_another_length_is() -> None:
    slower = made(
        "later", "2", tiers=[{"name": "high", "sloSeconds": 9}, {"name": "low", "sloSeconds": 60}]
    )
    longer = made(
        "later",
        "2",
        tiers=[
            {"name": "high", "sloSeconds": 5, "maxLength": 9},
            {"name": "low", "sloSeconds": 60},
        ],
    )

    assert found(made("first", "1"), slower) == {}
    assert list(found(made("first", "1"), longer)) == ["later"]


def test_who_names_the_same_deployment_later_leaves_it_alone() -> None:
    worker = {"scaleTargetRef": {"name": "web"}}
    first = made("first", "1", worker=worker, queue="one")

    told = found(made("later", "2", worker=worker, queue="two"), first)

    assert list(told) == ["later"]
    assert "scales the same Deployment" in told["later"].target


def test_a_deployment_of_a_template_is_a_target_too() -> None:
    template = {"template": {"app": "shop:app", "image": "shop:1"}}
    maker = made("web", "1", worker=template, queue="one")
    taker = made("taker", "2", worker={"scaleTargetRef": {"name": "web"}}, queue="two")

    assert list(found(maker, taker)) == ["taker"]


def test_of_two_of_the_same_instant_the_name_decides() -> None:
    worker = {"scaleTargetRef": {"name": "web"}}
    both = [made("b", "1", worker=worker), made("a", "1", worker=worker)]
    told = rivals(map(Claim.of, both))

    assert list(told) == [QueueKey("default", "b")]
