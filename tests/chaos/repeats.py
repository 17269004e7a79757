"""What may run again, and what may not: the diary held against the history.

1. Whatever ran, ran under a claim that the history knows, and was started once under it.
2. What was done is done: the last run of every task came to its end, and a batch did every item.
3. Nothing is done again without an *excuse*: its process or its worker was killed, stopped beyond
   the lease or told to end, or the worker said that it could not keep this lease. That a connection
   was killed, a reply was lost or Redis died is no excuse.
4. An excuse is good for the task in hand, and what was finished behind it but not reported: at most
   two hands of short tasks (docs/worker.md: half of the 10 ms in hand, half in flight).
5. A batch does again the item in hand, or one checkpoint interval of shorter ones.
6. Nothing is begun under an old claim once it runs under a new one, except what a stopped process
   was about to begin when it was stopped.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from tests.chaos.diary import Process
from tests.chaos.ledger import Complaint, Ledger
from tests.chaos.runs import Run
from tests.chaos.story import Story
from tests.chaos.worker import ChaosWorker
from tests.chaos.workload import BATCHES

INTERVAL_NS = 5_000_000  # docs/protocol.md, as long as fewer than 25 batches run at a time
HANDS = 100  # short tasks: two hands
HANDS_NS = 20_000_000
_GAVE_WAY = ("done", "retry", "yield")


class Excuses:
    """Who was hurt, and how often."""

    def __init__(self, workers: Mapping[int, ChaosWorker]) -> None:
        self._workers = workers
        self._leases = {
            event["id"]
            for worker in workers.values()
            for name in ("stopped_before_lease_ends", "killed_before_lease_ends", "lease_lost")
            for event in worker.events(name)
        }

    def of(self, run: Run) -> int:
        """How many for this run."""
        return self.of_process(run.process) + (run.id in self._leases)

    def of_process(self, process: Process) -> int:
        worker = self._workers[process.worker]
        return self.of_worker(process) + (process.pid in worker.killed_children)

    def of_worker(self, process: Process) -> int:
        """Those that took the slot board along, or made it worthless."""
        worker = self._workers[process.worker]
        return worker.was_killed + worker.was_told + worker.stops

    def stops(self, process: Process) -> int:
        return self._workers[process.worker].stops

    def has_lease(self, run: Run) -> bool:
        return run.id in self._leases


def wrong(
    ledger: Ledger, runs: dict[str, list[Run]], workers: Mapping[int, ChaosWorker]
) -> Iterator[Complaint]:
    """Everything that does not hold."""
    excuses = Excuses(workers)
    again: dict[Process, list[Run]] = defaultdict(list)
    for id, several in runs.items():
        story = ledger.stories.get(id)
        if story is None:
            yield Complaint(f"{id} ran, and Redis does not know it", id)
            continue
        ended = {claim.fence: claim.ended for claim in story.claims}
        yield from _claimed(several, ended)
        yield from _overlapping(several, excuses)
        if story.name in BATCHES:
            yield from _items(story, several, excuses)
        else:
            for run in several:
                if ended.get(run.fence) not in _GAVE_WAY:
                    again[run.process].append(run)
    for process, repeated in again.items():
        yield from _in_hand(process, repeated, excuses)
    yield from _finished(ledger, runs)


def _claimed(several: list[Run], ended: dict[int, str]) -> Iterator[Complaint]:
    fences = set()
    for run in several:
        if run.fence not in ended:
            yield Complaint(f"{run.id} ran under {run.fence}, a claim unknown to Redis", run.id)
        if run.starts != 1 or run.fence in fences:
            yield Complaint(f"{run.id} was started twice under {run.fence}", run.id)
        fences.add(run.fence)


def _finished(ledger: Ledger, runs: dict[str, list[Run]]) -> Iterator[Complaint]:
    """Rule 2."""
    for story in ledger.stories.values():
        if story.state != "d":
            continue
        last = [run for run in runs.get(story.id, ()) if run.fence == story.fence]
        if not last or not last[0].ended_ns:
            yield Complaint(f"{story.id} is done, and never came to its end", story.id)


def _in_hand(process: Process, repeated: list[Run], excuses: Excuses) -> Iterator[Complaint]:
    """Rules 3 and 4, for plain tasks."""
    unfinished = [run for run in repeated if not run.ended_ns and not excuses.has_lease(run)]
    allowed = excuses.of_process(process)
    if len(unfinished) > allowed:
        names = [run.id for run in unfinished][:5]
        yield Complaint(
            f"{len(unfinished)} unfinished tasks of {process} ran again, {allowed} excuse: {names}",
            names[0],
        )
    spent = sorted(run.ended_ns - run.began_ns for run in repeated if run.ended_ns)
    allowed = excuses.of_worker(process)
    # The longest of each time was the one in hand.
    if len(spent) > allowed * HANDS or sum(spent[: max(0, len(spent) - allowed)]) > HANDS_NS:
        names = [run.id for run in repeated if run.ended_ns][:5]
        yield Complaint(
            f"{len(spent)} finished tasks of {process} ran again ({sum(spent) / 1e6:.1f} ms), "
            f"{allowed} excuses: {names}",
            names[0],
        )


def _items(story: Story, several: list[Run], excuses: Excuses) -> Iterator[Complaint]:
    """Rules 2, 3 and 5."""
    for earlier, later in pairwise(several):
        begun = {item.n: item for item in earlier.items}
        repeated = [begun[item.n] for item in later.items if item.n in begun]
        if repeated and not excuses.of(earlier):
            yield Complaint(
                f"batch {story.id} repeated items {[item.n for item in repeated]} without excuse",
                story.id,
            )
        elif len(repeated) > 1:
            repeated.sort(key=lambda item: item.n)
            spent = repeated[-2].ended_ns - repeated[0].began_ns
            if spent > INTERVAL_NS:
                yield Complaint(
                    f"batch {story.id} repeated {len(repeated)} items, more than a checkpoint "
                    f"interval: {spent / 1e6:.2f} ms",
                    story.id,
                )
    if story.state == "d":
        done = {item.n for run in several for item in run.items if item.ended_ns}
        if done != set(range(json.loads(story.payload)["count"])):
            yield Complaint(f"batch {story.id} is done, with items {sorted(done)} only", story.id)


def _overlapping(several: list[Run], excuses: Excuses) -> Iterator[Complaint]:
    """Rule 6."""
    for earlier, later in pairwise(several):
        late = earlier.begun_after(later.began_ns)
        if late > excuses.stops(earlier.process):
            yield Complaint(
                f"{earlier.id}: under {earlier.fence} {late} things were begun in "
                f"{earlier.process} after it ran under {later.fence}",
                earlier.id,
            )
