"""From what was seen to a plan: what stands between, and is easily taken for something else."""

from giveway_operator.decision import Memory
from giveway_operator.facts import ClusterFacts, QueueKey
from giveway_operator.loop.entry import Entry
from giveway_operator.loop.judge import judge
from giveway_operator.plan import Plan, Rivals, Sight, spared
from giveway_operator.status import Status
from tests.unit.operator.seen import NOW, cluster, control, pod, queue, resource, worker

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

    assert isinstance(sight.cluster, ClusterFacts)
    assert (made.victims.give_back, spared(made, sight.cluster.pods)) == (frozenset(), ())
    assert (made.current, made.replicas, sight.decision.replicas) == (1, None, 1)


def test_the_mark_of_a_pod_that_the_number_did_not_take_is_taken_off() -> None:
    pods = (pod("a", marked=True), pod("b"))

    sight, made = judged(cluster(*pods, replicas=2))

    assert isinstance(sight.cluster, ClusterFacts)
    assert [one.name for one in spared(made, sight.cluster.pods)] == ["a"]
