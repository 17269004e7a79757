"""Which pods go when there are to be fewer, and who of them may go now.

Model: a pod leaves in three steps, each seen in fresh facts before the next: its worker is asked to
drain, it has drained (it runs nothing and claims nothing while it is asked), it is removed. The
ReplicaSet removes in an order of its own: first what is not ready, whatever its deletion cost, then
by cost. So what is not ready is always chosen first, and while work is left in such a pod nobody
goes: the number would take that one.

Invariants: no pod goes with work in it, nor a ready one whose worker was not heard of; who was
asked stays chosen as long as anybody has to go; nothing is read or written here.

How many there are to be: `policy`. Who writes: `apply`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from giveway.core.defaults import SILENT_SECONDS
from giveway_operator.facts import ClusterFacts, PodFacts, WorkerFacts


@dataclass(frozen=True, slots=True)
class Victims:
    """`go`: pods to remove now. `drain`: incarnations to ask. `give_back`: incarnations
    that were asked and are needed again. `waiting`: chosen pods that cannot go yet. `unheard`:
    ready pods that cannot be chosen, as no worker in them was heard of.
    """

    go: tuple[PodFacts, ...] = ()
    drain: frozenset[str] = frozenset()
    give_back: frozenset[str] = frozenset()
    waiting: tuple[PodFacts, ...] = ()
    unheard: tuple[PodFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    pod: PodFacts
    workers: tuple[WorkerFacts, ...]
    asked: frozenset[str] = field(default=frozenset())

    @property
    def running(self) -> int:
        return sum(worker.running for worker in self.workers)

    @property
    def free(self) -> int:
        """Slots that could take a task; none in a worker that drains."""
        return sum(max(0, one.slots - one.running) for one in self.workers if not one.draining)

    @property
    def is_asked(self) -> bool:
        return any(worker.incarnation in self.asked for worker in self.workers)

    @property
    def drained(self) -> bool:
        """Every worker in it has taken note, and is still asked."""
        noted = all(one.draining and one.incarnation in self.asked for one in self.workers)
        return bool(self.workers) and noted and not self.running

    @property
    def empty(self) -> bool:
        """Nothing can be lost with it: it drained, or never was ready and nobody works in it."""
        return self.drained or (not self.pod.ready and not self.workers)

    @property
    def unheard(self) -> bool:
        return self.pod.ready and not self.workers

    @property
    def batches_only(self) -> bool:
        work = [work for worker in self.workers for work in worker.work]
        return len(work) >= self.running and all(work.is_batch for work in work)

    @property
    def since_checkpoint_seconds(self) -> float:
        """What would have to be done again is what the oldest of its batches has not saved."""
        since = [
            work.for_seconds
            if work.since_checkpoint_seconds is None
            else work.since_checkpoint_seconds
            for worker in self.workers
            for work in worker.work
        ]
        return max(since, default=0.0)


def choose(
    pods: Sequence[PodFacts],
    *,
    workers: Iterable[WorkerFacts],
    asked: frozenset[str],
    fewer: int,
) -> Victims:
    """The pods that go so that there are `fewer`; 0 takes back what can be taken back.

    Rules:

    1. A pod that is being deleted is no candidate, nor is a ready one whose worker is unheard of.
    2. First those that are not ready: the ReplicaSet takes them first.
    3. Then those that are asked already, so that nobody is asked in turns; the drained ones first.
    4. Then idle ones, the youngest first.
    5. Then busy ones whose tasks all fit into free slots of pods that stay: first those with
       batches alone, of them the one that checkpointed last, then by how little they run.
    6. Of the chosen, those go that are empty. While one of rule 2 is not, nobody goes.

    `workers`: all of the queue, those of other Deployments too; `draining` only where the worker
    said so after it was asked. `asked`: whom `control` asks to drain.
    """
    candidates = _candidates(pods, workers, asked)
    usable = [one for one in candidates if not one.unheard]
    chosen = _chosen(usable, fewer)
    empty = tuple(one.pod for one in chosen if one.empty)
    blocked = any(not one.pod.ready and not one.empty for one in usable)
    going = () if blocked else empty
    leaving = {worker.incarnation for one in chosen for worker in one.workers}
    rest = [one for one in usable if one not in chosen]
    return Victims(
        go=going,
        drain=frozenset(leaving - asked),
        give_back=asked & {worker.incarnation for one in rest for worker in one.workers},
        waiting=tuple(one.pod for one in chosen if not one.empty),
        unheard=tuple(one.pod for one in candidates if one.unheard),
    )


def may_go(pod: PodFacts, *, workers: Iterable[WorkerFacts], asked: frozenset[str]) -> bool:
    """Whether nothing can be lost with this pod, by these facts: rule 6 for one."""
    return any(one.empty for one in _candidates([pod], workers, asked))


def settled(cluster: ClusterFacts) -> ClusterFacts:
    """As it will be when the ReplicaSet has done what it was asked.

    Between the write of a lower number and its deletions the chosen pods look alive. Whoever took
    the marks off them then, or let them work again, would have it take others, or tasks with them.
    """
    there = sum(not pod.deleting for pod in cluster.pods)
    if there <= cluster.target.replicas or not any(pod.marked for pod in cluster.pods):
        return cluster
    pods = tuple(replace(pod, deleting=pod.deleting or pod.marked) for pod in cluster.pods)
    return replace(cluster, pods=pods)


def leaving(
    pods: Sequence[PodFacts], *, workers: Iterable[WorkerFacts], asked: frozenset[str]
) -> int:
    """How many pods are asked to drain: the law must not count on them."""
    return sum(one.is_asked for one in _candidates(pods, workers, asked))


def _candidates(
    pods: Sequence[PodFacts], workers: Iterable[WorkerFacts], asked: frozenset[str]
) -> list[_Candidate]:
    heard: dict[str, list[WorkerFacts]] = {}
    for worker in workers:
        if worker.pod and not worker.leaving and worker.silent_seconds <= SILENT_SECONDS:
            heard.setdefault(worker.pod, []).append(worker)
    return [
        _Candidate(pod, tuple(heard.get(pod.name, ())), asked) for pod in pods if not pod.deleting
    ]


def _chosen(usable: list[_Candidate], fewer: int) -> list[_Candidate]:
    ranked = sorted(usable, key=_rank)
    chosen: list[_Candidate] = []
    for one in ranked:
        if len(chosen) >= fewer:
            break
        if not one.running or one.is_asked or not one.pod.ready or _fits(one, usable, chosen):
            chosen.append(one)
    return chosen


def _rank(one: _Candidate) -> tuple[int, float, float, str]:
    """The numbers of the rules, and within a rule who comes first."""
    if not one.pod.ready:
        return (2, 1 if one.running else 0, -one.pod.created_at, one.pod.name)
    if one.is_asked:
        return (3, 0 if one.drained else 1, one.running, one.pod.name)
    if not one.running:
        return (4, 0, -one.pod.created_at, one.pod.name)
    if one.batches_only:
        return (5, 0, one.since_checkpoint_seconds, one.pod.name)
    return (5, 1, one.running, one.pod.name)


def _fits(one: _Candidate, usable: list[_Candidate], chosen: list[_Candidate]) -> bool:
    """Whether what it runs finds free slots in pods that stay, beside that of those chosen."""
    stay = [other for other in usable if other is not one and other not in chosen]
    displaced = sum(other.running for other in chosen) + one.running
    return sum(other.free for other in stay if other.pod.ready) >= displaced
