"""A queue of toil: batches that go on until the test lets them end, and what their items became."""

import importlib.util
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

from tests.kubernetes.story.journal import JOURNAL, Stretch, stretches
from tests.kubernetes.story.scene import Json, Scene, queue, ready
from tests.kubernetes.trouble.images import APP, FIRST
from tests.kubernetes.trouble.patience import wait_for

# At full length longer than any ceiling: none ends before the test has said so.
ITEMS = 1200
# What must be zero where nothing has happened that a task should notice.
TROUBLES = ("failed", "retried", "dead", "crashed", "recovered", "lost", "cancelled")


@dataclass(frozen=True)
class Toil:
    """`name`: of the PriorityQueue, and of its queue in Redis."""

    scene: Scene
    name: str

    def serve(self, *, image: str = FIRST, **scaling: object) -> None:
        """The PriorityQueue, seen by the operator."""
        body = queue(self.name, worker=worker(image), scaling=scaling)
        self.scene.kube.api.post(self.scene.path("priorityqueues"), body)
        wait_for(lambda: self.verdict["status"] == "True", what=f"{self.name} to be Ready")

    @property
    def verdict(self) -> Json:
        """The condition Ready, as the operator wrote it the last time."""
        said = self.scene.status(self.name).get("conditions", [])
        return next((each for each in said if each["type"] == "Ready"), {"status": "not told"})

    def change(self, **spec: object) -> None:
        """The PriorityQueue, from now on."""
        self.scene.kube.api.merge(self.scene.path("priorityqueues", self.name), {"spec": spec})

    def start(self, *names: str) -> None:
        """Batches, each with items 0 and up; a test before may have had some of these names."""
        self.scene.redis.hdel(self.producer.HURRY, *names)
        for name in names:
            self.producer.toil.enqueue(name, list(range(ITEMS)))

    def begun(self, *names: str) -> None:
        """Waits until each of these has got on."""
        wait_for(lambda: self.ahead(names), what=f"{names} to begin")

    def ahead(self, names: Sequence[str], *, since: float = 0.0) -> bool:
        """Whether each has finished an item that began after this instant."""
        work = [each for each in self.work() if each.ended_at and each.began_at > since]
        return {f"batch {name}" for name in names} <= {each.work for each in work}

    def finish(self, *names: str) -> None:
        """Their items take no time any more; waits until all are done."""
        self.scene.redis.hset(self.producer.HURRY, mapping=dict.fromkeys(names, "yes"))
        wait_for(lambda: self.counted("done") == len(names), what="batches done")

    def work(self) -> tuple[Stretch, ...]:
        """By pods of this queue: those of a test before, that failed, may still be at it.

        A line that was written twice, since its first answer was lost, is one.
        """
        lines = map(json.loads, dict.fromkeys(self.scene.redis.lrange(JOURNAL, 0, -1)))
        return stretches(each for each in lines if each["pod"].startswith(f"{self.name}-"))

    def items(self, name: str) -> Counter[int]:
        """How often each item was begun."""
        return Counter(each.number for each in self.work() if each.work == f"batch {name}")

    def repeated(self, name: str) -> dict[int, int]:
        """Items that were begun more than once; every one was finished, and none is missing."""
        ended = {
            each.number for each in self.work() if each.work == f"batch {name}" and each.ended_at
        }
        assert ended == set(range(ITEMS)), f"{name}: {sorted(set(range(ITEMS)) - ended)} are lost"
        return {item: times for item, times in self.items(name).items() if times > 1}

    def counted(self, what: str, *, tier: str = "low") -> int:
        return self.scene.counted(self.name).get(f"{tier}:{what}", 0)

    def pods(self) -> list[Json]:
        """Those that serve."""
        return [each for each in self.scene.pods(self.name) if ready(each)]

    def serving(self, count: int) -> list[Json]:
        """Waits for as many."""

        def all_there() -> list[Json]:
            found = self.pods()
            return found if len(found) == count else []

        return wait_for(all_there, what=f"{count} pods of {self.name}")

    def holder(self, name: str) -> Json:
        """The pod that works at a batch."""
        last = [each for each in self.work() if each.work == f"batch {name}"][-1]
        (found,) = (each for each in self.pods() if each["metadata"]["name"] == last.pod)
        return found

    @cached_property
    def producer(self) -> ModuleType:
        """The app as who enqueues has it: a module of its own, for it remembers where Redis is."""
        spec = importlib.util.spec_from_file_location(f"toil_of_{self.name}", APP / "toil.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.app.override(queue=self.name, redis_url=self.scene.redis_url)
        return module


def worker(image: str) -> Json:
    return {"template": {"app": "toil:app", "image": image}}
