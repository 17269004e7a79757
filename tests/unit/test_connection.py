"""Whose a connection is, and which of them have gone stale."""

import pytest

from giveway.core.connection import Connection, Stale, read_connection, stale

LINE = (
    "id=7 addr=10.0.0.1:5000 laddr=10.0.0.2:6379 fd=8 name=giveway:shop:pod-1.9.ab:f00d-claim "
    "age=100 idle=3 flags=b db=0 sub=0 psub=0 multi=-1 cmd=bzpopmin user=worker resp=3"
)
ALIVE = {"pod-1.9.ab": 1.5}


def changed(**values: str) -> Connection:
    words = dict(word.partition("=")[::2] for word in LINE.split(" "))
    return read_connection(" ".join(f"{key}={value}" for key, value in (words | values).items()))


def test_a_name_tells_queue_worker_and_role() -> None:
    one = read_connection(LINE)
    assert (one.queue, one.owner, one.role) == ("shop", "pod-1.9.ab", "f00d-claim")
    assert one.ours
    assert one.waits
    assert one.of_a_worker


@pytest.mark.parametrize("name", ["", "sidekiq", "giveway:shop", "giveway:shop:x", "other:a:b:c"])
def test_a_name_of_another_program_is_not_ours(name: str) -> None:
    one = changed(name=name)
    assert not one.ours
    assert stale(one, silence_seconds={}) is None


@pytest.mark.parametrize(
    ("values", "silences", "expected"),
    [
        ({}, ALIVE, None),
        ({}, {}, Stale.OWNER_GONE),
        ({}, {"pod-1.9.ab": 31.0}, Stale.OWNER_SILENT),
        ({"idle": "16"}, ALIVE, Stale.OVERSLEPT),
        ({"idle": "16", "flags": "N"}, ALIVE, None),
        ({"age": "20"}, {}, None),
        ({"name": "giveway:shop:pod-1.9.ab:supervisor"}, {}, Stale.OWNER_GONE),
        ({"name": "giveway:shop:host-1:producer"}, {}, None),
        ({"name": "giveway:shop:host-1:cli"}, {}, None),
    ],
)
def test_what_is_stale(
    values: dict[str, str], silences: dict[str, float], expected: Stale | None
) -> None:
    assert stale(changed(**values), silence_seconds=silences) is expected


def test_a_worker_whose_pod_is_gone_is_not_waited_for() -> None:
    young = changed(age="3")
    assert stale(young, silence_seconds=ALIVE) is None
    assert stale(young, silence_seconds=ALIVE, gone={"pod-1.9.ab"}) is Stale.OWNER_GONE
    subscriber = changed(age="3", flags="P")
    assert stale(subscriber, silence_seconds=ALIVE, gone={"pod-1.9.ab"}) is None


def test_how_long_a_wait_may_last_is_said_by_who_asks() -> None:
    waits = changed(idle="40")
    assert stale(waits, silence_seconds=ALIVE) is Stale.OVERSLEPT
    assert stale(waits, silence_seconds=ALIVE, overslept_seconds=60) is None


@pytest.mark.parametrize(
    "count", [{"sub": "1"}, {"psub": "2"}, {"ssub": "1"}, {"watch": "1"}, {"multi": "0"}]
)
def test_who_subscribes_watches_or_has_begun_a_transaction_is_never_stale(
    count: dict[str, str],
) -> None:
    assert stale(changed(), silence_seconds={}) is Stale.OWNER_GONE
    assert stale(changed(**count), silence_seconds={}, gone={"pod-1.9.ab"}) is None


@pytest.mark.parametrize("flag", ["P", "S", "M", "x", "d", "O"])
def test_subscribers_replicas_and_transactions_are_never_stale(flag: str) -> None:
    assert stale(changed(flags=flag), silence_seconds={}) is None
