"""A new image while everybody is at work: what the workers had in hand goes on in the new pods."""

from threading import Event, Thread
from types import ModuleType

from tests.kubernetes.conftest import Say
from tests.kubernetes.story.scene import Json, Scene
from tests.kubernetes.trouble.images import NEXT
from tests.kubernetes.trouble.patience import wait_for
from tests.kubernetes.trouble.toil import TROUBLES, Toil, worker

BATCHES = ("first", "second", "third")
PODS = 2
_CHORE_SECONDS = 0.2


def test_batches_move_to_the_new_image_with_their_cursor_and_no_task_fails(
    scene: Scene, say: Say
) -> None:
    toil = Toil(scene, "rollout")
    toil.serve(minReplicas=PODS, maxReplicas=PODS)
    old = {each["metadata"]["name"] for each in toil.serving(PODS)}
    toil.start(*BATCHES)
    toil.begun(*BATCHES[:PODS])
    with _Chores(toil.producer) as chores:
        toil.change(worker=worker(NEXT))
        wait_for(lambda: _replaced(toil, old), what="new pods only")
        say("all pods have the new image")
    toil.finish(*BATCHES)
    wait_for(
        lambda: toil.counted("done", tier="high") == chores.count,
        what="all chores",
    )
    work = toil.work()
    assert {name: toil.repeated(name) for name in BATCHES} == {name: {} for name in BATCHES}
    for name in BATCHES[:PODS]:
        pods = list(dict.fromkeys(each.pod for each in work if each.work == f"batch {name}"))
        assert pods[0] in old, pods
        assert pods[-1] not in old, f"{name} ended on {pods[-1]}, before the rollout did"
    done = [each.number for each in work if each.work == "chore"]
    assert chores.count > 0
    assert sorted(done) == list(range(chores.count))
    counted = scene.counted(toil.name)
    trouble = {key: count for key, count in counted.items() if key.partition(":")[2] in TROUBLES}
    assert not any(trouble.values()), trouble


def _replaced(toil: Toil, old: set[str]) -> bool:
    there = toil.scene.pods(toil.name)
    names = {each["metadata"]["name"] for each in there}
    images = {_image(each) for each in toil.pods()}
    return not names & old and len(toil.pods()) == PODS and images == {NEXT}


def _image(pod: Json) -> str:
    return str(pod["spec"]["containers"][0]["image"])


class _Chores:
    """Somebody enqueues small urgent tasks while the block lasts: `count` of them."""

    def __init__(self, producer: ModuleType) -> None:
        self._producer, self._over = producer, Event()
        self._thread = Thread(target=self._run, name="chores")
        self.count = 0

    def __enter__(self) -> "_Chores":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_CHORE_SECONDS):
            self._producer.chore.enqueue(self.count)
            self.count += 1
