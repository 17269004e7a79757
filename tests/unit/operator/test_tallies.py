"""What /metrics of the operator shows of the queues that it has seen."""

from giveway.telemetry.exposition import Reading
from giveway_operator import metrics
from giveway_operator.facts import QueueKey, SeenQueue
from giveway_operator.load import Load
from giveway_operator.status import Condition, Status
from giveway_operator.tallies import Tallies, View
from tests.unit.operator.seen import UNSEEN, queue, tier, worker

KEY = QueueKey("prod", "packing")
STATUS = Status(
    desired_replicas=3,
    replicas=2,
    ready_replicas=1,
    conditions=(
        Condition("Ready", "False", "PodsNotReady"),
        Condition("EvictionPolicy", "Unknown", "NotTold"),
        Condition("ScalingLimited", "True", "MaxReplicas"),
    ),
)


def shown(seen: SeenQueue) -> dict[tuple[str, ...], float]:
    """Name and labels of each series of a queue, and its value."""
    tallies = Tallies()
    tallies.saw(KEY, View("parcels", seen, Load(()), STATUS, (("high", 5.0), ("low", 60.0))))
    return {
        (one.metric.name, *one.labels[2:]): one.value
        for one in tallies()
        if isinstance(one, Reading) and one.labels[:2] == (KEY.namespace, KEY.name)
    }


def test_all_work_that_ever_came_in_is_counted_and_returns_are_not() -> None:
    counted = {"enqueued": 7, "adopted": 2, "redriven": 1, "yielded": 50, "released": 5}
    seen = shown(queue(tiers=(tier("high", counters=counted), tier("low"))))
    assert seen["giveway_operator_queue_arrived", "high"] == 10
    assert seen["giveway_operator_queue_arrived", "low"] == 0


def test_the_name_of_the_queue_in_redis_is_there_also_while_the_operator_is_blind() -> None:
    for looked in (queue(), UNSEEN):
        assert shown(looked)["giveway_operator_queue", "parcels"] == 1


def test_a_queue_that_cannot_be_read_shows_no_number_of_it_but_what_was_promised() -> None:
    seen = shown(UNSEEN)
    assert seen["giveway_operator_queue_readable",] == 0
    assert seen["giveway_operator_queue_slo_seconds", "low"] == 60
    absent = ("depth", "oldest_seconds", "arrived", "dead", "workers")
    assert {name for name, *_ in seen} & {
        f"giveway_operator_queue_{one}" for one in absent
    } == set()


def test_workers_replicas_and_conditions_are_those_that_were_seen_and_unknown_is_absent() -> None:
    seen = shown(queue(worker("a"), worker("b")))
    assert seen["giveway_operator_queue_workers",] == 2
    kinds = {kind: seen["giveway_operator_replicas", kind] for kind, _ in metrics.REPLICAS.words}
    assert kinds == {"desired": 3, "current": 2, "ready": 1}
    told = {key[1]: value for key, value in seen.items() if key[0].endswith("_condition")}
    assert told == {"Ready": 0, "ScalingLimited": 1}


def test_what_can_be_rated_stands_there_with_zero_before_it_happens() -> None:
    seen = shown(queue())
    for metric in (metrics.CONNECTIONS, metrics.PODS):
        assert {seen[metric.name, word] for word, _ in metric.words} == {0}
    tallies = Tallies()
    tallies.requested("get", "pods", "ok", 0.01)
    readings = [one for one in tallies() if isinstance(one, Reading)]
    of_get = {one.labels: one.value for one in readings if "get" in one.labels}
    assert of_get.pop(("get", "ok")) == 1
    assert set(of_get.values()) == {0}
    assert len(of_get) == len(metrics.API_REQUESTS.words) - 1


def test_the_series_of_a_queue_go_with_its_resource() -> None:
    tallies = Tallies()
    tallies.saw(KEY, View("parcels", queue(), Load(()), STATUS, (("high", 5.0),)))
    tallies.count(metrics.PODS, KEY.namespace, KEY.name, "silent")
    assert any("packing" in one.labels for one in tallies())
    tallies.forget(KEY)
    assert not any("packing" in one.labels for one in tallies())
