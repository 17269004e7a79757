"""What dies without a word: containers, pods, and the Valkey under all of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from redis.exceptions import RedisError

from tests.cluster.installer import Helm
from tests.cluster.live import LiveCluster
from tests.cluster.reach import reached
from tests.kubernetes.conftest import Say
from tests.kubernetes.release import CHART, NAME, REDIS_SECRET
from tests.kubernetes.story.scene import Json, Scene, ready
from tests.kubernetes.trouble.killing import KILLED, Killer, exit_code, restarts
from tests.kubernetes.trouble.patience import wait_for
from tests.kubernetes.trouble.toil import Toil

PODS = 2
SERVICE = REDIS_SECRET["name"]
VALKEY = f"{SERVICE}-0"
# With everysec it may acknowledge what it has not written yet: docs/operations.md, "What Redis can
# lose". That would take our record of what happened along.
KEEPS_ALL = "appendfsync always"


def test_what_a_killed_container_and_a_deleted_pod_had_in_hand_goes_on_where_it_stood(
    scene: Scene, executioner: Killer, say: Say
) -> None:
    toil = _at_work(scene, "dying", "killed", "deleted")
    killed, deleted = (_name(toil.holder(each)) for each in ("killed", "deleted"))
    executioner.kill(_pod(scene, killed))
    here = f"--namespace={scene.namespace}"
    scene.kube.kubectl("delete", f"pod/{deleted}", here, "--force", "--grace-period=0")
    say("one container is killed, one pod deleted")
    wait_for(lambda: restarts(_pod(scene, killed)) == 1, what="the container to be started again")
    assert exit_code(_pod(scene, killed)) == KILLED
    _go_on(toil, "killed", "deleted")
    say("both batches go on")
    assert deleted not in map(_name, toil.serving(PODS))
    toil.finish("killed", "deleted")
    _lost_nothing(toil, "killed", "deleted", deaths=1)
    assert toil.counted("recovered") >= 1, "no lease has ended: what was killed?"


def test_valkey_comes_back_with_its_data_and_work_goes_on(
    scene: Scene, node: LiveCluster, helm: Helm, executioner: Killer, say: Say
) -> None:
    """First told to end, as by a drain of its node; then killed."""
    toil = _at_work(scene, "drying", "one", "other")
    toil.start("waiting")
    workers = {_name(each): each["metadata"]["uid"] for each in toil.pods()}
    first = _pod(scene, VALKEY)
    _change(scene, helm, extraConfig=KEEPS_ALL)
    assert _pod(scene, VALKEY)["metadata"]["uid"] != first["metadata"]["uid"]
    assert _claims(_pod(scene, VALKEY)) == _claims(first) != []
    say("Valkey was replaced")
    with _reached_anew(scene, node, toil) as again:
        _go_on(again, "one", "other")
        executioner.kill(_pod(scene, VALKEY))
        wait_for(lambda: _started_again(scene), what="Valkey to be started again")
        assert exit_code(_pod(scene, VALKEY)) == KILLED
        say("Valkey was killed")
    with _reached_anew(scene, node, toil) as again:
        _go_on(again, "one", "other")
        again.finish("one", "other", "waiting")
        _lost_nothing(again, "one", "other", "waiting", deaths=2)
    found = toil.pods()
    assert {_name(each): each["metadata"]["uid"] for each in found} == workers
    assert [restarts(each) for each in found] == [0] * PODS, "a worker died of its Redis"


def _at_work(scene: Scene, queue: str, *batches: str) -> Toil:
    toil = Toil(scene, queue)
    toil.serve(minReplicas=PODS, maxReplicas=PODS)
    toil.start(*batches)
    toil.begun(*batches)
    toil.serving(PODS)
    return toil


def _go_on(toil: Toil, *batches: str) -> None:
    """Waits until each has finished an item more than it had begun by now."""
    wait_for(lambda: _answers(toil.scene), what="Valkey to answer")
    now = max(each.began_at for each in toil.work())
    wait_for(lambda: toil.ahead(batches, since=now), what="batches to go on")


def _lost_nothing(toil: Toil, *batches: str, deaths: int) -> None:
    """Each death may have cost each batch the item in hand, which was then begun once more."""
    for name in batches:
        repeated = toil.repeated(name)
        assert sum(repeated.values()) - len(repeated) <= deaths, (name, repeated)
    trouble = {what: toil.counted(what) for what in ("failed", "dead", "cancelled")}
    assert not any(trouble.values()), trouble


def _answers(scene: Scene) -> bool:
    try:
        return bool(scene.redis.ping())
    except RedisError:
        return False


def _change(scene: Scene, helm: Helm, **valkey: object) -> None:
    """The release's Valkey; its pod is another one when this returns."""
    words = ("--reuse-values", "--wait", "--timeout=150s", "--values=-")
    values = json.dumps({"valkey": valkey})
    helm("upgrade", NAME, CHART, f"--namespace={scene.namespace}", *words, stdin=values)


@contextmanager
def _reached_anew(scene: Scene, node: LiveCluster, toil: Toil) -> Iterator[Toil]:
    """A way through kubectl ends with the pod at its end."""
    with reached(node, SERVICE, namespace=scene.namespace, port=6379) as address:
        yield Toil(replace(scene, address=address), toil.name)


def _started_again(scene: Scene) -> bool:
    found = _pod(scene, VALKEY)
    return restarts(found) == 1 and ready(found)


def _pod(scene: Scene, name: str) -> Json:
    found: Json = scene.kube.api.get(scene.path("pods", name))
    return found


def _claims(pod: Json) -> list[str]:
    claims = (each.get("persistentVolumeClaim") for each in pod["spec"]["volumes"])
    return [each["claimName"] for each in claims if each]


def _name(pod: Json) -> str:
    return str(pod["metadata"]["name"])
