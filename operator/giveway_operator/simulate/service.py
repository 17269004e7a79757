"""Tasks on slots: who claims what, and when a batch gives way.

Model: a batch is one event until something more urgent waits and no slot is free: only then its
next checkpoint becomes an event (its slot is *armed*), so that a batch of a thousand items costs no
more than a task.

Invariants:
- a slot takes a task only if every tier above it is empty (`_claim`);
- between two give-ways a batch completes an item;
- a task is on one slot or in one tier, and finishes once.

Left out: the 25 ms for which a batch leaves an urgent task to less urgent batches, and the time
that a claim takes. Both are below what an SLO in seconds can tell.
"""

from collections import OrderedDict
from collections.abc import Sequence
from math import inf

from giveway_operator.simulate.agenda import Agenda
from giveway_operator.simulate.fleet import Fleet, Pod, Slot, Workers
from giveway_operator.simulate.sight import TierSight
from giveway_operator.simulate.work import Task, Tier


class Service:
    """The queue and the slots that serve it."""

    def __init__(
        self,
        agenda: Agenda,
        fleet: Fleet,
        workers: Workers,
        *,
        tiers: int,
        patience: Sequence[float] | None = None,
    ) -> None:
        self.tiers = tuple(Tier() for _ in range(tiers))
        self.batches: tuple[dict[Slot, None], ...] = tuple({} for _ in range(tiers))
        self.late = [0] * tiers  # began after the patience of their tier
        self._patience = patience or [inf] * tiers
        self.in_system = 0
        self.task_seconds = 0.0
        self._counted_at = 0.0
        self._agenda, self._fleet, self._workers = agenda, fleet, workers
        self._idle: OrderedDict[Slot, None] = OrderedDict()  # who waits longest is woken first

    # -- what comes -------------------------------------------------------------------------------

    def arrive(self, task: Task) -> None:
        """A new task in its tier."""
        self.count(1)
        self.tiers[task.tier].push(task)
        self._offer(task.tier)

    def open(self, pod: Pod) -> None:
        """The pod is there: its slots begin to claim."""
        for slot in pod.slots:
            self._take_next(slot)

    def drain(self, pod: Pod) -> None:
        """Its idle slots claim no more, its batches return at their next item."""
        for slot in pod.slots:
            self._idle.pop(slot, None)
        for slot in pod.slots:
            while slot.parked:
                self._put_back(self._unparked(slot, len(slot.parked) - 1))
            if self._workers.preemption:
                self._arm(slot)

    def count(self, more: int) -> None:
        """Keeps the integral of the tasks in the system up to date, and changes their number."""
        self.task_seconds += self.in_system * (self._agenda.now - self._counted_at)
        self._counted_at = self._agenda.now
        self.in_system += more

    def sight(self, index: int) -> TierSight:
        """One tier as `stats` tells it: what batches have done is known up to their last item."""
        tier = self.tiers[index]
        counts = tier.counts
        done, spent, left = counts.items, counts.items_seconds, tier.parked_items
        for slot in self.batches[index]:
            assert slot.task is not None
            items = self.items_done(slot, slot.task)
            done += items
            spent += items * slot.task.item_seconds
            left += slot.task.left - items
        return TierSight(
            waiting=len(tier),
            oldest_seconds=tier.oldest(self._agenda.now),
            running=tier.running,
            suspended=tier.suspended,
            batches=len(self.batches[index]),
            items_left=left,
            enqueued=counts.enqueued,
            claimed=counts.claimed,
            done=counts.done,
            yielded=counts.yielded,
            busy_seconds=counts.busy,
            items=done,
            items_seconds=spent,
        )

    # -- a slot takes work, and has done it -------------------------------------------------------

    def _offer(self, tier: int) -> None:
        """Something waits in this tier: an idle slot takes it, or batches below are asked."""
        if self._idle:
            self._take_next(self._idle.popitem(last=False)[0])
        elif self._workers.preemption:
            for below in self.batches[tier + 1 :]:
                for slot in below:
                    self._arm(slot)

    def _take_next(self, slot: Slot) -> None:
        """The slot is free: what is next on it? A parked batch lets more urgent work pass."""
        if slot.parked:
            task = self._claim(slot.parked[-1][0].tier)
            self._start(slot, task or self._unparked(slot, len(slot.parked) - 1))
        elif not slot.pod.draining:
            task = self._claim(len(self.tiers))
            if task is None:
                self._idle[slot] = None
            else:
                self._start(slot, task)

    def _claim(self, below: int) -> Task | None:
        """The most urgent task of the tiers above `below`."""
        for tier in self.tiers[:below]:
            if len(tier):
                return tier.pop()
        return None

    def _start(self, slot: Slot, task: Task) -> None:
        now = self._agenda.now
        if task.started < 0:
            task.started = now
            self.late[task.tier] += now - task.at > self._patience[task.tier]
        slot.pod.busy += 1
        slot.task, slot.began, slot.armed = task, now, False
        slot.epoch += 1
        if task.is_batch:
            self.batches[task.tier][slot] = None
        self._agenda.set(now + task.left_seconds, self._finish, slot, slot.epoch)

    def _stop(self, slot: Slot, items: int) -> Task:
        """What ran on the slot has done so many items more, and runs there no longer."""
        task = slot.task
        assert task is not None
        spent = self._agenda.now - slot.began
        if task.is_batch:
            counts = self.tiers[task.tier].counts
            counts.items += items
            counts.items_seconds += spent
        task.left -= items
        task.busy += spent
        slot.pod.busy -= 1
        slot.task = None
        slot.epoch += 1
        self.batches[task.tier].pop(slot, None)
        return task

    def _finish(self, slot: Slot, epoch: int) -> None:
        if slot.epoch != epoch or slot.task is None:
            return
        task = self._stop(slot, slot.task.left)
        task.finished = self._agenda.now
        tier = self.tiers[task.tier]
        tier.running -= 1
        tier.counts.done += 1
        tier.counts.busy += task.busy
        self.count(-1)
        self._take_next(slot)
        self._fleet.end_if_drained(slot.pod, self._agenda.now)

    # -- giving way -------------------------------------------------------------------------------

    def _arm(self, slot: Slot) -> None:
        """Its next checkpoint becomes an event, unless its last item is in hand."""
        task = slot.task
        if task is None or slot.armed:
            return
        items = self.items_done(slot, task) + 1
        if items < task.left:
            slot.armed = True
            at = slot.began + items * task.item_seconds
            self._agenda.set(at, self._check, slot, slot.epoch)

    def items_done(self, slot: Slot, task: Task) -> int:
        """Items that the batch on a slot has completed since it began there, never the last."""
        if not task.item_seconds:
            return task.left - 1
        spent = self._agenda.now - slot.began
        return min(int(spent / task.item_seconds + 1e-9), task.left - 1)

    def _check(self, slot: Slot, epoch: int) -> None:
        """A batch is between two items, and somebody wanted to know."""
        task = slot.task
        if slot.epoch != epoch or task is None:
            return
        slot.armed = False
        items = self.items_done(slot, task)
        if slot.pod.draining:
            self._put_back(self._stop(slot, items))
            self._fleet.end_if_drained(slot.pod, self._agenda.now)
        elif urgent := self._claim(task.tier):
            self._park(slot, items)
            self._start(slot, urgent)

    def _park(self, slot: Slot, items: int) -> None:
        task = self._stop(slot, items)
        tier = self.tiers[task.tier]
        tier.suspended += 1
        tier.parked_items += task.left
        tier.counts.preempted += 1
        slot.parked.append((task, self._agenda.now))
        until = self._agenda.now + self._workers.max_parked_seconds
        self._agenda.set(until, self._weary, slot, len(slot.parked))

    def _weary(self, slot: Slot, depth: int) -> None:
        """A batch was parked here a while ago; if it still is, it returns to its tier."""
        since = self._agenda.now - self._workers.max_parked_seconds
        if len(slot.parked) >= depth and abs(slot.parked[depth - 1][1] - since) < 1e-6:
            self._put_back(self._unparked(slot, depth - 1))

    def _unparked(self, slot: Slot, place: int) -> Task:
        task, _ = slot.parked.pop(place)
        tier = self.tiers[task.tier]
        tier.suspended -= 1
        tier.parked_items -= task.left
        return task

    def _put_back(self, task: Task) -> None:
        tier = self.tiers[task.tier]
        tier.running -= 1
        tier.counts.yielded += 1
        tier.put_back(task, now=self._agenda.now)
        self._offer(task.tier)
