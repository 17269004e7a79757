"""Which resources want the same, and who of them has it."""

from dataclasses import replace
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


FEWER = [{"name": "high", "sloSeconds": 5}]
REDIS = ("single", (("redis.data", 6379),), "", "", 0, "orders")


def behind(secret: str, name: str, at: str, *, sought: bool = True, **spec: Any) -> Claim:
    """Through a Secret of its own; `sought`: which is known to lead to `REDIS`."""
    resource = made(name, at, redis={"secret": {"name": secret}}, **spec)
    return Claim.of(resource, where=REDIS if sought else None, sought=sought)


def test_secrets_that_lead_to_one_redis_lead_to_one_queue() -> None:
    told = rivals([behind("a", "first", "1"), behind("b", "later", "2", tiers=FEWER)])

    (rival,) = told.values()
    assert list(told) == [QueueKey("default", "later")]
    assert rival.control.startswith("PriorityQueue first was there first and declares queue orders")


def test_one_of_another_namespace_is_named_with_that() -> None:
    theirs = replace(behind("a", "first", "1"), key=QueueKey("shop", "first"))

    (rival,) = rivals([theirs, behind("b", "later", "2", tiers=FEWER)]).values()

    assert rival.control.startswith("PriorityQueue shop/first was there first")


def test_while_it_is_not_known_where_an_older_one_is_a_later_one_waits() -> None:
    unread = behind("a", "first", "1", sought=False)
    told = rivals([unread, behind("b", "later", "2", tiers=FEWER)])

    assert told == {QueueKey("default", "later"): Rivals(unknown=True)}
    assert rivals([unread, behind("b", "same", "2")]) == {}


def invalid(resource: PriorityQueue) -> Claim:
    """The same resource with an annotation that makes no sense, as the API server has it."""
    spec = resource.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    metadata = {"creationTimestamp": resource.metadata.creation_timestamp}
    return Claim.of_invalid(resource.key, {"metadata": metadata, "spec": spec})


def test_a_resource_that_has_become_invalid_keeps_its_deployment() -> None:
    worker = {"scaleTargetRef": {"name": "web"}}
    first = invalid(made("first", "1", worker=worker))
    later = Claim.of(made("later", "2", worker=worker))

    told = rivals([later, first])

    assert list(told) == [later.key]
    assert told[later.key].target.endswith("first is invalid: mend or delete it")
    assert told[later.key].control == "", "its tiers are the same"


def test_a_resource_of_which_little_can_be_read_keeps_what_can_be() -> None:
    key = QueueKey("default", "web")
    shred = Claim.of_invalid(key, {"metadata": {}, "spec": {"tiers": 3, "worker": []}})

    assert (shred.target, shred.queue, shred.promises) == (("default", "web"), "web", None)
