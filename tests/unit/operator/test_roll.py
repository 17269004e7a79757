"""The entries of all resources: who is new, who has gone, and who is somewhere else by now."""

from typing import Any

from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueKey
from giveway_operator.loop.register import Register
from giveway_operator.loop.roll import Roll
from giveway_operator.plan import Rivals
from tests.unit.operator.test_register import KEY, document

DEPLOYMENT = {"scaleTargetRef": {"name": "other"}}


def rolled(*documents: dict[str, Any]) -> tuple[Register, Roll]:
    register = Register()
    roll = Roll(register)
    for one in documents:
        register.put(one)
        assert roll.call() == []
    return register, roll


def entry_of(roll: Roll, key: QueueKey = KEY) -> object:
    found = roll.get(key)
    assert found is not None
    return found[0]


def test_another_bound_is_no_other_queue() -> None:
    register, roll = rolled(document(1))
    before = entry_of(roll)

    register.put(document(2, generation=2, spec={"scaling": {"maxReplicas": 3}}))

    assert (roll.call(), entry_of(roll)) == ([], before)


def test_a_resource_that_names_another_queue_begins_anew_and_leaves_the_old_one() -> None:
    register, roll = rolled(document(1))
    before = entry_of(roll)

    register.put(document(2, generation=2, spec={"queue": "other"}))
    ((left, gone),) = roll.call()

    assert (left, gone.queue) == (before, "shop")
    assert entry_of(roll) is not before
    assert not roll.is_declared(gone)
    assert roll.call() == []


def test_a_resource_that_names_another_deployment_leaves_the_old_one() -> None:
    register, roll = rolled(document(1))

    register.put(document(2, generation=2, spec={"worker": {"scaleTargetRef": {"name": "new"}}}))
    ((_, gone),) = roll.call()

    assert (roll.is_declared(gone), roll.is_scaled(gone)) == (True, False)


def test_a_resource_that_was_broken_when_it_went_is_taken_back_as_it_last_was() -> None:
    register, roll = rolled(document(1))
    wrong = document(2, metadata={"annotations": {"giveway.dev/pause": "perhaps"}})
    register.put(wrong)
    assert (roll.call(), roll.get(KEY)) == ([], None)

    register.remove(wrong)
    ((_, gone),) = roll.call()

    assert gone.queue == "shop"


def test_a_resource_that_is_broken_has_not_gone() -> None:
    register, roll = rolled(document(1))
    found = roll.get(KEY)
    assert found is not None
    register.put(document(2, metadata={"annotations": {"giveway.dev/pause": "perhaps"}}))
    roll.call()

    assert (roll.get(KEY), roll.is_there(found[1])) == (None, True)


def test_another_resource_of_the_same_name_is_not_the_one_that_has_gone() -> None:
    register, roll = rolled(document(1))
    found = roll.get(KEY)
    assert found is not None
    register.put(document(2, uid="another"))
    roll.call()

    assert not roll.is_there(found[1])


def test_what_was_remembered_before_etcd_was_restored_counts_no_more() -> None:
    register, roll = rolled(document(900, generation=4))
    before = entry_of(roll)

    register.replace([document(70, generation=3)], as_of=register.as_of())

    assert roll.call() == []
    assert entry_of(roll) is not before


def named(name: str, at: int, **spec: Any) -> dict[str, Any]:
    created = {"creationTimestamp": f"2026-01-01T00:00:0{at}Z", "resourceVersion": str(at)}
    return document(
        at, metadata={"name": name, "namespace": "default", "uid": name, **created}, spec=spec
    )


def led(roll: Roll, name: str, url: str) -> None:
    """The Secret of a resource was read."""
    entry, resource = roll.get(QueueKey("default", name)) or (None, None)
    assert entry is not None
    assert resource is not None
    entry.sought = True
    entry.watched = WatchedQueue(entry.key, resource.queue, Source(url))
    roll.locate()


OWN = {"queue": "orders", "redis": {"secret": {"name": "own"}}, "worker": DEPLOYMENT}
LATER = QueueKey("default", "later")


def test_who_comes_later_to_a_queue_by_another_secret_is_told_once_both_are_read() -> None:
    later = named("later", 2, **OWN, tiers=[{"name": "vip", "sloSeconds": 1}])
    _, roll = rolled(named("first", 1, queue="orders"), later)
    assert roll.rivals(LATER).unknown

    led(roll, "later", "redis://localhost:7000/0")
    assert roll.rivals(LATER).unknown, "nobody knows yet where the first one is"
    led(roll, "first", "redis://127.0.0.1:7000")

    assert roll.rivals(LATER).control.startswith("PriorityQueue first was there first")
    led(roll, "first", "redis://127.0.0.1:7001")
    assert roll.rivals(LATER) == Rivals(), "its Secret leads elsewhere now"


def test_a_queue_is_declared_still_by_whoever_reaches_it_by_another_secret() -> None:
    register, roll = rolled(named("first", 1, queue="orders"), named("later", 2, **OWN))
    led(roll, "later", "redis://localhost:7000/0")
    led(roll, "first", "redis://127.0.0.1:7000")
    register.remove(named("first", 1))
    ((entry, gone),) = roll.call()

    assert not roll.is_declared(gone), "by its own Secret nobody does"
    assert roll.is_declared(gone, where=entry.watched)


def test_who_has_become_invalid_keeps_the_deployment_until_it_is_deleted() -> None:
    # Never valid since this operator began: nothing of it was ever looked at.
    register, roll = rolled(named("later", 2, queue="other"))
    wrong = named("first", 3)
    wrong["metadata"]["creationTimestamp"] = "2026-01-01T00:00:01Z"
    wrong["metadata"]["annotations"] = {"giveway.dev/pause": "perhaps"}

    register.put(wrong)
    roll.call()
    assert "first is invalid" in roll.rivals(LATER).target
    register.remove(wrong)
    roll.call()

    assert roll.rivals(LATER) == Rivals()


def test_what_names_another_deployment_than_it_did_has_moved_and_what_is_as_it_was_has_not() -> (
    None
):
    register, roll = rolled(document(1))
    found = roll.get(KEY)
    assert found is not None
    before = found[1]
    assert not roll.has_moved(before)

    register.put(document(2, generation=2, spec={"worker": DEPLOYMENT}))
    roll.call()

    assert roll.has_moved(before)
    assert [entry.key for entry in roll.beside(before)] == [KEY], "it declares the queue still"
