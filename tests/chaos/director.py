"""Carries out the steps of the plan, one after the other, and counts what really happened.

A step that finds nobody to hurt (the child has just ended, Redis does not answer) looks for a
while, and does not count if it finds nobody. What lasts is remembered by the number of its fault,
so that its end undoes exactly what it did.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import redis

from tests.chaos.faults import Fault, Step
from tests.chaos.stage import Stage
from tests.proxy import Direction

PATIENCE_SECONDS = 4.0
Tick = Callable[[], None]


class Director:
    """One per run; only its own thread calls it."""

    def __init__(self, stage: Stage, steps: Iterator[Step]) -> None:
        self._stage, self._steps = stage, steps
        self._frozen: dict[int, tuple[int, list[int]]] = {}  # worker and processes, by fault
        self._acts: dict[Fault, Callable[[Step], bool]] = {
            Fault.KILL_CHILD: self._kill_child,
            Fault.KILL_WORKER: self._kill_worker,
            Fault.STOP_WORKER: self._stop_worker,
            Fault.STOP_SUPERVISOR: self._stop_supervisor,
            Fault.STOP_CHILD: self._stop_child,
            Fault.REPLACE_WORKER: self._replace_worker,
            Fault.KILL_CLIENTS: self._kill_clients,
            Fault.PAUSE_CLIENTS: self._pause_clients,
            Fault.KILL_REDIS: self._kill_redis,
            Fault.REDIS_AWAY: self._kill_redis,
            Fault.FLUSH_SCRIPTS: self._flush_scripts,
            Fault.LOSE_REPLIES: self._lose_replies,
            Fault.DELAY: self._delay,
            Fault.CUT: self._cut,
            Fault.FREEZE: self._freeze,
        }
        self.happened: Counter[Fault] = Counter()
        self.diary: list[str] = []  # what was done when
        self.last = ""

    def run(self, over: Callable[[], bool], tick: Tick) -> None:
        """Until `over`; then everything is mended."""
        began = time.monotonic()
        for step in self._steps:
            while time.monotonic() < began + step.at and not over():
                tick()
            if over():
                break
            self._take(step, time.monotonic() - began)
        self._mend()

    def _take(self, step: Step, now: float) -> None:
        done = self._undo(step) if step.undo else self._found(step)
        if done and not step.undo:
            self.happened[step.fault] += 1
            self.last = step.fault.value
        word = "ends" if step.undo else "begins" if done else "finds nobody"
        self.diary.append(f"{now:7.2f} s  {step.fault.value} {word} (worker {step.worker})")

    def _found(self, step: Step) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(redis.RedisError):  # it is busy, paused or loading
                if self._acts[step.fault](step):
                    return True
            time.sleep(0.1)
        return False

    def _undo(self, step: Step) -> bool:
        stage = self._stage
        if step.number in self._frozen:
            worker, pids = self._frozen.pop(step.number)
            stage.workers[worker].thaw(pids)
        elif step.fault in (Fault.KILL_REDIS, Fault.REDIS_AWAY):
            stage.server.start()
        elif step.fault in (Fault.DELAY, Fault.FREEZE):
            stage.proxy.heal()
        return True

    def _mend(self) -> None:
        for worker, pids in self._frozen.values():
            self._stage.workers[worker].thaw(pids)
        self._frozen.clear()
        self._stage.proxy.heal()
        self._stage.server.start()

    # -- processes ---------------------------------------------------------------------------

    def _kill_child(self, step: Step) -> bool:
        worker = self._stage.standing(step.worker)
        return worker.kill_child(step.draw, spare_first=step.worker == 0)

    def _kill_worker(self, step: Step) -> bool:
        self._stage.standing(1).kill()
        self._stage.replace()
        return True

    def _replace_worker(self, step: Step) -> bool:
        self._stage.standing(1).leave()
        self._stage.replace()
        return True

    def _stop_worker(self, step: Step) -> bool:
        worker = self._stage.standing(1)
        worker.stops += 1
        self._frozen[step.number] = worker.number, worker.freeze(worker.all())
        return True

    def _stop_supervisor(self, step: Step) -> bool:
        worker = self._stage.standing(1)
        worker.stops += 1
        self._frozen[step.number] = worker.number, worker.freeze([worker.pid])
        return True

    def _stop_child(self, step: Step) -> bool:
        worker = self._stage.standing(step.worker)
        children = sorted(worker.children())
        if not children:
            return False
        pid = children[int(step.draw * len(children))]
        self._frozen[step.number] = worker.number, worker.freeze([pid])
        return True

    # -- Redis -------------------------------------------------------------------------------

    def _kill_redis(self, step: Step) -> bool:
        self._stage.server.kill()
        return True

    def _kill_clients(self, step: Step) -> bool:
        for _ in range(5 + int(step.draw * 25)):
            self._stage.redis.execute_command("CLIENT", "KILL", "TYPE", "normal")
            time.sleep(0.01 + 0.05 * step.draw)  # the rhythm of the storm
        return True

    def _pause_clients(self, step: Step) -> bool:
        kind = "ALL" if step.draw < 0.5 else "WRITE"
        self._stage.redis.execute_command("CLIENT", "PAUSE", int(200 + step.draw * 2500), kind)
        return True

    def _flush_scripts(self, step: Step) -> bool:
        self._stage.redis.execute_command("SCRIPT", "FLUSH", "SYNC")
        return True

    # -- the network -------------------------------------------------------------------------

    def _lose_replies(self, step: Step) -> bool:
        for n in range(3 + int(step.draw * 12)):
            skip = int(step.draw * 1000) * (n + 1) % 17
            self._stage.proxy.lose_reply(lambda _: True, skip=skip, freeze=n % 4 == 3)
        return True

    def _delay(self, step: Step) -> bool:
        self._stage.proxy.delay_seconds = 0.01 + 0.04 * step.draw
        return True

    def _cut(self, step: Step) -> bool:
        return self._stage.proxy.cut(reset=step.draw < 0.5) > 0

    def _freeze(self, step: Step) -> bool:
        both = (Direction.BOTH, Direction.TO_SERVER, Direction.TO_CLIENT)
        self._stage.proxy.freeze(both[int(step.draw * 3)])
        return True
