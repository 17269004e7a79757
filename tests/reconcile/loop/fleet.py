"""Workers in the pods of a Deployment, as a kubelet would run them: real processes, imagined nodes.

`keep` is what the kubelet does, called whenever a test waits: a pod that is there gets a worker and
is ready once that has started; a pod that has gone takes its worker along.
"""

from pathlib import Path

from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Event, Worker
from tests.reconcile.cluster.stage import Stage
from tests.reconcile.scene import NAME, Scene


class Fleet:
    """Context manager: at its end no worker is left."""

    def __init__(self, stage: Stage, scene: Scene, *, folder: Path) -> None:
        self._stage, self._scene, self._folder = stage, scene, folder
        self.workers: dict[str, Worker] = {}
        self.gone: dict[str, list[Event]] = {}  # what those told that went with their pods

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers.values():
            worker.kill()

    def deployment(self) -> None:
        self._stage.make(NAME, replicas=0)

    def keep(self) -> set[str]:
        """The names of the pods that run."""
        names = self._stage.names(NAME)
        for name in names - self.workers.keys():
            self.workers[name] = self._worker(name).start()
            self._stage.ready(name)
        for name in self.workers.keys() - names:
            worker = self.workers.pop(name)
            self.gone[name] = worker.events("draining") + worker.events("stopping")
            worker.kill()
        return names

    def comes_to(self, count: int, *, within: float = 60.0) -> set[str]:
        """Waits until so many pods run; their names."""
        what = f"{count} pods; the status: {self._scene.status.get('decision')}"
        until(lambda: len(self.keep()) == count, what=what, within=within)
        return set(self.workers)

    def _worker(self, pod: str) -> Worker:
        return Worker(
            queue=self._scene.namespace,
            url=self._scene.redis_url,
            folder=self._folder,
            lease=6,
            target="tests.reconcile.loop.shop:app",
            env={"GIVEWAY_POD_NAME": pod},
        )
