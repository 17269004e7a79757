"""Looks at a queue several times a second while its story plays, in a thread of its own."""

import threading
import time
from types import TracebackType

from tests.kubernetes.story.scene import Scene, ready
from tests.kubernetes.story.timeline import Sample

_LOOK_SECONDS = 0.15


class Recorder:
    """`samples` grows while the block lasts. A look that fails fails the block."""

    def __init__(self, scene: Scene, queue: str) -> None:
        self._scene, self._queue = scene, queue
        self._over = threading.Event()
        self._failed: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="recorder")
        self.samples: list[Sample] = []

    def __enter__(self) -> "Recorder":
        self.samples.append(self._look())
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._failed is not None and error is None:
            raise self._failed

    @property
    def last(self) -> Sample:
        if self._failed is not None:
            raise self._failed
        return self.samples[-1]

    def _run(self) -> None:
        try:
            while not self._over.wait(_LOOK_SECONDS):
                self.samples.append(self._look())
        except Exception as error:  # noqa: BLE001 -- told by who waits for it
            self._failed = error

    def _look(self) -> Sample:
        pods = self._scene.pods(self._queue)
        status = self._scene.status(self._queue)
        leaving = [each for each in pods if "deletionTimestamp" in each["metadata"]]
        return Sample(
            replicas=self._scene.replicas(self._queue),
            desired=int(status.get("desiredReplicas", 0)),
            waiting=self._scene.waiting(self._queue),
            present=frozenset(each["metadata"]["name"] for each in pods),
            ready=frozenset(each["metadata"]["name"] for each in pods if ready(each)),
            leaving=frozenset(each["metadata"]["name"] for each in leaving),
            decision=str(status.get("decision", "")),
            at=time.time(),
        )
