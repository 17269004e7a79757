"""The entries of all resources: who is new, who has gone, and who is somewhere else by now."""

from typing import Any

from giveway_operator.facts import QueueKey
from giveway_operator.loop.register import Register
from giveway_operator.loop.roll import Roll
from tests.unit.operator.test_register import KEY, document


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
