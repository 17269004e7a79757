"""One run: the work and the faults, the end, and what is read when all is over."""

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

from tests.chaos import diary, faults, repeats, runs, verdict
from tests.chaos.app import TIERS
from tests.chaos.director import Director
from tests.chaos.history import mentions, transactions
from tests.chaos.ledger import Complaint, Ledger
from tests.chaos.outcome import Order, Outcome, Progress, Say
from tests.chaos.stage import Stage
from tests.chaos.watch import Watch
from tests.chaos.workload import BATCHES, Producer
from tests.integration.worker.waiting import until

DRAIN_SECONDS = 90.0
QUIET_SECONDS = 2.5
TICK_SECONDS = 0.1
_HISTORIES = 6
_COMPLAINTS = 12
_SHARED_MEMORY = Path("/dev/shm")


def run(order: Order, say: Say) -> Outcome:
    """Raises what a broken harness raises; what the subject does wrong is a complaint."""
    outcome = Outcome()
    with _folders() as (folder, aof):
        stage = Stage(queue=f"chaos-{order.seed}", folder=folder, aof=aof)
        try:
            stage.start()
            producers = _disturb(stage, order, outcome, say)
            _end(stage, outcome)
        finally:
            stage.close()
        say(Progress("reading the history", 1.0))
        ledger, ran = _read(stage)
        for check in (
            verdict.lost_or_twice(ledger, [one.sent for one in producers]),
            ledger.complaints,
            verdict.counters(ledger, list(stage.workers.values())),
            repeats.wrong(ledger, ran, stage.workers),
            verdict.growth(outcome.grown),
            verdict.every_fault(outcome.happened) if order.every_fault else (),
        ):
            _complain(outcome, check)
        _sum_up(stage, outcome, ledger, ran)
        _remember(stage, outcome)
    return outcome


def _complain(outcome: Outcome, check: Iterable[Complaint]) -> None:
    """The first few of each kind: where there is one there may be thousands."""
    found = list(check)
    outcome.complaints += found[:_COMPLAINTS]
    if len(found) > _COMPLAINTS:
        outcome.complaints.append(Complaint(f"… and {len(found) - _COMPLAINTS} more like these"))


@contextmanager
def _folders() -> Iterator[tuple[Path, Path]]:
    """For the diary, and for Redis's file.

    With `everysec` Redis does not write while an fsync is under way, for up to 2 s, and answers
    nevertheless: what it acknowledged then is lost at kill -9 (decision 0065). In shared memory an
    fsync takes no time, so that what is lost here was lost by Giveway.
    """
    folder = Path(tempfile.mkdtemp(prefix="giveway-chaos-"))
    fast = str(_SHARED_MEMORY) if _SHARED_MEMORY.is_dir() else None
    aof = Path(tempfile.mkdtemp(prefix="giveway-chaos-", dir=fast))
    try:
        yield folder, aof
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(aof, ignore_errors=True)


# -- while it goes on -----------------------------------------------------------------------------


def _disturb(stage: Stage, order: Order, outcome: Outcome, say: Say) -> list[Producer]:
    """Work and faults, until there was enough of both and all is settled."""
    began = time.monotonic()
    producers = _produce(stage, order)
    director = Director(stage, faults.steps(order.seed, pause=order.pause_seconds))
    watch = Watch(stage)
    watch.start()
    clock = _Clock(stage, order, producers, director, say)
    try:
        director.run(clock.enough, clock.tick)
        for producer in producers:
            producer.stop()
            producer.join()
        clock.phase = "everything is mended; the rest of the work"
        drained = _drained(stage, clock)
        _quiet(clock)
    finally:
        watch.stop()
    if not drained:
        outcome.complaints.append(Complaint(f"not all was settled {DRAIN_SECONDS:g} s later"))
    outcome.complaints += [
        Complaint(f"producer: {one.error!r}") for one in producers if one.error is not None
    ]
    outcome.seconds = time.monotonic() - began
    outcome.happened, outcome.steps = director.happened, director.diary
    outcome.grown = watch.growth(at_least_seconds=order.flat_for_seconds)
    outcome.clients = watch.clients
    return producers


def _produce(stage: Stage, order: Order) -> list[Producer]:
    """One goes straight to Redis, one through the proxy."""
    urls = (stage.server.url, stage.proxy.url)
    producers = [
        Producer(
            number,
            queue=stage.keys.queue,
            url=url,
            seed=order.seed,
            per_second=order.per_second / len(urls),
            depth=stage.depth,
        )
        for number, url in enumerate(urls)
    ]
    for producer in producers:
        producer.start()
    return producers


class _Clock:
    """Knows when it is enough, and tells how far it is."""

    def __init__(
        self, stage: Stage, order: Order, producers: list[Producer], director: Director, say: Say
    ) -> None:
        self._stage, self._order, self._producers = stage, order, producers
        self._director, self._say = director, say
        self._began = time.monotonic()
        self._settled = 0
        self.phase = "everything breaks"

    def enqueued(self) -> int:
        return sum(producer.sent.count() for producer in self._producers)

    def enough(self) -> bool:
        broken = any(producer.error is not None for producer in self._producers)
        long = time.monotonic() - self._began >= self._order.seconds
        return (
            broken or self._order.hurry.is_set() or (long and self.enqueued() >= self._order.tasks)
        )

    def tick(self) -> None:
        """Told, and a moment of rest."""
        part = min(
            (time.monotonic() - self._began) / self._order.seconds,
            self.enqueued() / self._order.tasks,
        )
        with suppress(redis.RedisError):
            self._settled = self._stage.counters().get("done", 0)
        fault = self._director.last
        self._say(Progress(self.phase, min(1.0, part), self.enqueued(), self._settled, fault))
        time.sleep(TICK_SECONDS)


def _drained(stage: Stage, clock: _Clock) -> bool:
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        clock.tick()
        with suppress(redis.RedisError):
            count = stage.counters()
            ended = sum(count.get(name, 0) for name in ("done", "dead", "cancelled"))
            if ended >= count.get("enqueued", 0) > 0:
                return True
    return False


def _quiet(clock: _Clock) -> None:
    """At rest: what is held now is what would be held for ever."""
    deadline = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < deadline:
        clock.tick()


# -- the end --------------------------------------------------------------------------------------


def _end(stage: Stage, outcome: Outcome) -> None:
    """In order: clients are counted, workers told to end, keys looked at, the file closed."""
    outcome.complaints += verdict.clients(stage)
    standing = [stage.standing(place) for place in (0, 1)]
    for worker in standing:
        worker.leave()
    told = [worker for worker in stage.workers.values() if worker.was_told]
    exits = {worker.number: worker.ended() for worker in told}
    outcome.complaints += verdict.processes(list(stage.workers.values()), exits)
    until(lambda: not stage.depth(), what="lists of work that are empty", within=1)
    outcome.complaints += verdict.keys(stage.redis, stage.keys)
    stage.server.stop()


def _read(stage: Stage) -> tuple[Ledger, dict[str, list[runs.Run]]]:
    ledger = Ledger(stage.keys, TIERS)
    for writes in transactions(stage.aof):
        ledger.take(writes)
    return ledger, runs.sort(diary.read(stage.diary))


def _sum_up(stage: Stage, outcome: Outcome, ledger: Ledger, ran: dict[str, list[runs.Run]]) -> None:
    names = {name for _, name in ledger.counters}
    outcome.counters = {name: ledger.counter(name) for name in sorted(names)}
    outcome.transactions = ledger.transactions
    for worker in stage.workers.values():
        outcome.said += worker.tally()
    outcome.batches = sum(story.name in BATCHES for story in ledger.stories.values())
    for several in ran.values():
        items = [item.n for run in several for item in run.items]
        outcome.repeated_items += len(items) - len(set(items))


def _remember(stage: Stage, outcome: Outcome) -> None:
    """The history of the first few tasks that are complained of."""
    ids = dict.fromkeys(one.id for one in outcome.complaints if one.id)
    for id in list(ids)[:_HISTORIES]:
        told = list(mentions(stage.aof, id))
        told += [
            f"{line.at_ns / 1e9:.6f} {line.process}: {line.note.name} n={line.n} under {line.fence}"
            for line in diary.read(stage.diary)
            if line.id == id
        ]
        told += [
            f"worker {worker.number}: {event}"
            for worker in stage.workers.values()
            for event in worker.about(id)
        ]
        outcome.histories[id] = told
