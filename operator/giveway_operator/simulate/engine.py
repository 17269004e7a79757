"""A whole simulation: arrivals meet pods, and a policy is asked for replicas now and then.

Model: discrete events; between two of them nothing changes. What happens to a task is in `service`,
what happens to a pod in `fleet`. Costs count until the trace is over and all its work is done, for
every policy alike: who leaves work to the end pays for the pods that do it.
"""

from dataclasses import dataclass
from random import Random

from giveway_operator.simulate.agenda import Agenda
from giveway_operator.simulate.fleet import Fleet, Pod, Workers
from giveway_operator.simulate.service import Service
from giveway_operator.simulate.sight import Policy, Sight
from giveway_operator.simulate.trace import Trace
from giveway_operator.simulate.work import Task

# A policy that leaves work lying is given up on so long after the trace ended.
PATIENCE_SECONDS = 6 * 3600.0
_SAMPLES = 480


@dataclass(frozen=True, slots=True)
class Sample:
    """What a plot shows of one instant. `waiting`: per tier."""

    at: float
    replicas: int
    alive: int
    busy: int
    waiting: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished simulation, not yet judged (`measures`)."""

    tasks: tuple[Task, ...]
    ended_at: float
    pod_seconds: float
    pods_started: int
    peak_pods: int
    scaled_up: int
    scaled_down: int
    cold_starts: int
    preempted: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """What a search still wants to pay for a run. It ends, unfinished, when either is exceeded.

    `late`: as many tasks of each tier may begin later than its `patience` in seconds.
    """

    pod_seconds: float
    patience: tuple[float, ...]
    late: tuple[int, ...]


def run(
    trace: Trace,
    *,
    policy: Policy,
    workers: Workers,
    tiers: int,
    seed: int = 0,
    budget: Budget | None = None,
) -> Ran:
    """Serves the trace with the replicas that the policy asks for."""
    return _Engine(trace, policy, workers, tiers=tiers, random=Random(seed), budget=budget).run()


class _Engine:
    def __init__(
        self,
        trace: Trace,
        policy: Policy,
        workers: Workers,
        *,
        tiers: int,
        random: Random,
        budget: Budget | None,
    ) -> None:
        self._trace, self._policy, self._workers, self._random = trace, policy, workers, random
        self._agenda = Agenda()
        self._fleet = Fleet(workers.slots)
        self._budget = budget
        self._service = Service(
            self._agenda,
            self._fleet,
            workers,
            tiers=tiers,
            patience=budget.patience if budget else None,
        )
        self._replicas = 0
        self._ups = self._downs = self._colds = 0
        self._is_cold = self._rung = self._is_spent = False
        self._samples: list[Sample] = []

    def run(self) -> Ran:
        tasks = tuple(map(Task, self._trace.arrivals))
        self._begin()
        agenda, last = self._agenda, self._trace.seconds
        coming = iter(tasks)
        task = next(coming, None)
        while task is not None or self._service.in_system or agenda.following <= last:
            if task is not None and task.at <= agenda.following:
                agenda.now = task.at
                self._arrive(task)
                task = next(coming, None)
            elif agenda.following <= last + PATIENCE_SECONDS and not self._is_spent:
                agenda.advance()
            else:
                break
        return self._result(tasks, agenda.now if self._is_spent else max(last, agenda.now))

    def _begin(self) -> None:
        self._replicas = self._clamped(self._policy.first_replicas())
        for _ in range(self._replicas):
            self._get_ready(self._fleet.add(0.0), 0)
        phase = self._random.random()  # nobody's clock is in step with the load
        self._agenda.set(phase * self._policy.period_seconds, self._look_in_turn, None)

    def _result(self, tasks: tuple[Task, ...], end: float) -> Ran:
        self._fleet.close(end)
        return Ran(
            tasks=tasks,
            ended_at=end,
            pod_seconds=self._fleet.pod_seconds,
            pods_started=self._fleet.started,
            peak_pods=self._fleet.peak,
            scaled_up=self._ups,
            scaled_down=self._downs,
            cold_starts=self._colds,
            preempted=sum(tier.counts.preempted for tier in self._service.tiers),
            samples=tuple(self._samples),
        )

    # -- what happens -----------------------------------------------------------------------------

    def _arrive(self, task: Task) -> None:
        if not self._fleet.ready:
            if not self._is_cold:
                self._is_cold = True
                self._colds += 1
            self._ring()
        self._service.arrive(task)

    def _ring(self) -> None:
        """A push to a queue that has no replicas wakes a policy that listens."""
        bell = self._policy.bell_seconds
        if bell is not None and not self._replicas and not self._rung:
            self._rung = True
            self._agenda.set(self._agenda.now + bell, self._answer_bell, None)

    def _answer_bell(self, _: None, __: int) -> None:
        self._rung = False
        self._look()

    def _look_in_turn(self, _: None, __: int) -> None:
        self._look()
        self._agenda.set(self._agenda.now + self._policy.period_seconds, self._look_in_turn, None)

    def _look(self) -> None:
        wanted = self._clamped(self._policy.replicas(self._sight()))
        more = wanted - self._replicas
        self._replicas = wanted
        if more > 0:
            self._ups += 1
            for _ in range(more):
                self._add()
        elif more < 0:
            self._downs += 1
            for pod in self._fleet.victims(-more):
                self._fleet.take_out(pod)
                self._service.drain(pod)
                self._fleet.end_if_drained(pod, self._agenda.now)
        self._sample()
        if self._budget is not None:
            self._is_spent = self._fleet.paid(self._agenda.now) > self._budget.pod_seconds or any(
                late > allowed
                for late, allowed in zip(self._service.late, self._budget.late, strict=True)
            )

    def _add(self) -> None:
        spread = self._workers.startup_spread
        factor = self._random.uniform(1 - spread, 1 + spread)
        ready_at = self._agenda.now + self._workers.startup_seconds * factor
        self._agenda.set(ready_at, self._get_ready, self._fleet.add(self._agenda.now))

    def _get_ready(self, pod: Pod, _: int) -> None:
        if pod.draining:
            return  # it was taken back while it started
        pod.ready = True
        self._is_cold = False
        self._fleet.ready += 1
        self._service.open(pod)

    def _clamped(self, replicas: int) -> int:
        return max(self._workers.min_replicas, min(self._workers.max_replicas, replicas))

    # -- what is seen -----------------------------------------------------------------------------

    def _sight(self) -> Sight:
        self._service.count(0)
        return Sight(
            now=self._agenda.now,
            replicas=self._replicas,
            pods=len(self._fleet.pods),
            ready=self._fleet.ready,
            task_seconds=self._service.task_seconds,
            tiers=tuple(map(self._service.sight, range(len(self._service.tiers)))),
        )

    def _sample(self) -> None:
        every = self._trace.seconds / _SAMPLES
        if self._samples and self._agenda.now < self._samples[-1].at + every:
            return
        waiting = tuple(len(tier) for tier in self._service.tiers)
        fleet = self._fleet
        sample = Sample(self._agenda.now, self._replicas, fleet.alive, fleet.busy, waiting)
        self._samples.append(sample)
