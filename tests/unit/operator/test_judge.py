"""From what was seen to a plan: what stands between, and is easily taken for something else."""

from giveway_operator.decision import Memory
from giveway_operator.facts import ClusterFacts, QueueKey
from giveway_operator.loop.entry import Entry
from giveway_operator.loop.judge import judge
from giveway_operator.plan import Plan, Rivals, Sight, spared
from giveway_operator.report import status
from giveway_operator.status import Status, TierStatus
from tests.unit.operator.seen import NOW, UNSEEN, cluster, control, pod, queue, resource, worker

CHOSEN = queue(worker("a", draining=True), worker("b"), control=control(drain=("i-a",)))


def judged(at: ClusterFacts) -> tuple[Sight, Plan]:
    return judge(
        Entry(QueueKey("default", "shop"), "u", Memory(since=NOW)),
        resource(minReplicas=1),
        queue=CHOSEN,
        cluster=at,
        before=Status(),
        startup_seconds=None,
        rivals=Rivals(),
        now=NOW,
        wall=NOW,
    )


def test_until_the_replica_set_has_taken_the_chosen_pod_it_stays_chosen() -> None:
    """The number is written, and the controller is slow: both pods look alive."""
    pods = (pod("a", marked=True), pod("b"))

    sight, made = judged(cluster(*pods, replicas=1))

    assert (made.victims.give_back, spared(sight, made)) == (frozenset(), ())
    assert (made.current, made.replicas, sight.decision.replicas) == (1, None, 1)


def test_the_mark_of_a_pod_that_the_number_did_not_take_is_taken_off() -> None:
    pods = (pod("a", marked=True), pod("b"))

    sight, made = judged(cluster(*pods, replicas=2))

    assert [one.name for one in spared(sight, made)] == ["a"]


FALLBACK = resource(fallback={"afterSeconds": 60, "replicas": 4})
READ = Status(generation=3, replicas=1, tiers=(TierStatus("high"), TierStatus("low")))


def unread(entry: Entry, *, before: Status = READ) -> tuple[Sight, Plan]:
    """What is planned after a minute and a half without a look."""
    made = [
        judge(
            entry,
            FALLBACK,
            queue=UNSEEN,
            cluster=cluster(pod("a")),
            before=before,
            startup_seconds=None,
            rivals=Rivals(),
            now=NOW + seconds,
            wall=NOW,
        )
        for seconds in (1, 91)
    ]
    return made[-1]


def fresh() -> Entry:
    return Entry(QueueKey("default", "shop"), "u", Memory(since=NOW))


def test_a_queue_that_was_read_and_is_lost_gets_its_fallback() -> None:
    entry = fresh()
    judge(
        entry,
        FALLBACK,
        queue=queue(worker("a")),
        cluster=cluster(pod("a")),
        before=Status(),
        startup_seconds=None,
        rivals=Rivals(),
        now=NOW,
        wall=NOW,
    )

    _, made = unread(entry, before=Status())

    assert made.replicas == 4


def test_an_operator_that_comes_in_an_outage_believes_the_one_before() -> None:
    sight, made = unread(fresh())

    assert made.replicas == 4
    assert status(sight, made).tiers == READ.tiers


def test_a_queue_that_never_was_read_has_no_fallback_now_or_after_a_restart() -> None:
    elsewhere = Status(generation=2, replicas=1, tiers=READ.tiers)
    sight, made = unread(fresh(), before=elsewhere)
    told = status(sight, made)

    assert (made.replicas, made.wanted, told.tiers) == (None, 1, ())
    _, again = unread(fresh(), before=told)
    assert again.replicas is None
