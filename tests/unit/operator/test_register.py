"""Which resources there are, told twice, late and out of order."""

from typing import Any

from giveway_operator.facts import QueueKey
from giveway_operator.loop.register import Register

KEY = QueueKey("default", "shop")


def document(version: int, *, uid: str = "u", generation: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "shop",
            "namespace": "default",
            "uid": uid,
            "resourceVersion": str(version),
            "generation": generation,
        }
        | fields.pop("metadata", {}),
        "spec": {
            "redis": {"secret": {"name": "redis"}},
            "tiers": [{"name": "high", "sloSeconds": 5}],
            "worker": {"scaleTargetRef": {"name": "web"}},
        }
        | fields.pop("spec", {}),
        **fields,
    }


def changes(register: Register) -> list[QueueKey]:
    told: list[QueueKey] = []
    register.changed = told.append
    return told


def test_a_new_resource_is_told_once() -> None:
    register = Register()
    told = changes(register)

    assert (register.put(document(5)), register.put(document(5))) == (True, False)
    assert told == [KEY]


def test_what_is_older_than_what_is_known_is_passed_over() -> None:
    register = Register()
    register.put(document(9, generation=2))

    assert not register.put(document(5))
    known = register.get(KEY)
    assert known is not None
    assert known.generation == 2


def test_a_status_that_the_list_has_before_the_watch_is_nothing_that_was_kept_silent() -> None:
    register = Register()
    register.put(document(5))

    assert register.replace([document(6, status={"replicas": 3})], as_of=register.as_of()) == 0

    known = register.get(KEY)
    assert known is not None
    assert (known.version, known.status.replicas) == (6, 3)


def test_a_status_is_no_change_and_nothing_is_read_anew() -> None:
    register = Register()
    register.put(document(5))
    before, told = register.get(KEY), changes(register)

    register.put(document(6, status={"replicas": 3}))

    after = register.get(KEY)
    assert before is not None
    assert after is not None
    assert (told, after.status.replicas) == ([], 3)
    assert after.resource is before.resource


def test_an_annotation_is_a_change() -> None:
    register = Register()
    register.put(document(5))
    told = changes(register)

    register.put(document(6, metadata={"annotations": {"giveway.dev/pause": "all"}}))

    known = register.get(KEY)
    assert known is not None
    assert known.resource is not None
    assert (told, known.resource.pause.value) == ([KEY], "all")


def test_a_late_event_does_not_revive_what_has_gone() -> None:
    register = Register()
    register.put(document(5))

    assert register.remove(document(8))
    assert not register.put(document(7))
    assert len(register) == 0
    assert register.put(document(9, uid="another")), "one of the same name may come"


def test_a_deletion_of_an_earlier_one_leaves_the_one_of_now() -> None:
    register = Register()
    register.put(document(9, uid="new"))

    assert not register.remove(document(8, uid="old"))
    assert len(register) == 1


def test_a_resource_that_makes_no_sense_is_known_as_that() -> None:
    register = Register()
    told = changes(register)
    register.put(document(5, spec={"tiers": []}))

    known = register.get(KEY)
    assert known is not None
    assert (known.resource, told) == (None, [KEY])
    assert "tiers" in str(known.fault)


def test_an_annotation_that_makes_no_sense_is_a_fault_and_not_a_guess() -> None:
    register = Register()
    register.put(document(5, metadata={"annotations": {"giveway.dev/pause": "perhaps"}}))

    known = register.get(KEY)
    assert known is not None
    assert known.resource is None
    assert "giveway.dev/pause" in str(known.fault)


def test_a_list_tells_what_the_watch_did_not() -> None:
    register = Register()
    register.put(document(5))
    told = changes(register)

    assert register.replace([document(6, generation=2)], as_of=register.as_of()) == 1
    assert register.replace([document(6, generation=2)], as_of=register.as_of()) == 0
    assert register.replace([], as_of=register.as_of()) == 1
    assert (told, len(register)) == ([KEY, KEY], 0)


def test_what_came_while_the_list_was_on_its_way_is_not_taken_for_gone() -> None:
    register = Register()
    as_of = register.as_of()
    register.put(document(5))

    assert register.replace([], as_of=as_of) == 0
    assert len(register) == 1


def test_a_list_from_a_restored_etcd_wins_over_what_was_known_before() -> None:
    register = Register()
    register.put(document(900, generation=4))
    told = changes(register)

    assert register.replace([document(70, generation=3)], as_of=register.as_of()) == 1

    known = register.get(KEY)
    assert known is not None
    assert (known.generation, known.version, told) == (3, 70, [KEY])
    assert register.put(document(71, generation=4)), "and its events count from there"


def test_a_generation_that_was_given_again_after_a_restore_is_read_anew() -> None:
    register = Register()
    register.put(document(900, generation=4, spec={"queue": "before"}))

    register.replace([document(70, generation=4, spec={"queue": "after"})], as_of=register.as_of())

    known = register.get(KEY)
    assert known is not None
    assert known.resource is not None
    assert known.resource.queue == "after"


def test_what_a_backup_brings_back_is_there_again() -> None:
    register = Register()
    register.put(document(5))
    register.remove(document(900))

    assert register.replace([document(5)], as_of=register.as_of()) == 1
    assert len(register) == 1


def test_a_list_that_was_overtaken_by_events_changes_nothing() -> None:
    register = Register()
    register.put(document(5))
    register.put(document(5, uid="leaving", metadata={"name": "leaving", "uid": "leaving"}))
    as_of = register.as_of()
    register.put(document(7, generation=2))
    gone = document(8, metadata={"name": "leaving", "uid": "leaving", "resourceVersion": "8"})
    register.remove(gone)

    older = document(5, metadata={"name": "leaving", "uid": "leaving"})
    assert register.replace([document(6), older], as_of=as_of) == 0

    known = register.get(KEY)
    assert known is not None
    assert (known.generation, len(register)) == (2, 1)


def test_of_a_resource_that_is_known_as_it_is_a_list_need_only_say_that_it_is_there() -> None:
    register = Register()
    register.put(document(5))
    told = changes(register)

    known, newer, another = document(5), document(6), document(5, uid="v")
    short = register.brief(known)
    assert short == {
        "metadata": {"namespace": "default", "name": "shop", "uid": "u", "resourceVersion": "5"}
    }
    assert (register.brief(newer), register.brief(another)) == (newer, another)

    assert register.replace([short], as_of=register.as_of()) == 0
    assert told == []
    assert register.get(KEY) is not None


def test_one_that_was_made_anew_while_it_was_listed_stays_as_it_is_now() -> None:
    register = Register()
    register.put(document(5))
    as_of = register.as_of()
    short = register.brief(document(5))

    register.put(document(7, uid="v"))
    register.replace([short], as_of=as_of)

    known = register.get(KEY)
    assert known is not None
    assert (known.uid, known.version, known.fault) == ("v", 7, None)
