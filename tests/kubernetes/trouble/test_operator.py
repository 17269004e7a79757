"""The operator dies, and loses its rights: workers notice nothing, and scaling comes back."""

from tests.kubernetes.conftest import Say
from tests.kubernetes.story.scene import Scene, ready
from tests.kubernetes.trouble.killing import KILLED, Killer, exit_code, restarts
from tests.kubernetes.trouble.operator_pod import another_operator, log, operator_pod
from tests.kubernetes.trouble.patience import wait_for
from tests.kubernetes.trouble.rights import nothing_allowed, without
from tests.kubernetes.trouble.toil import Toil

STATUS = 'apiGroups: ["giveway.dev"], resources: ["priorityqueues/status"], verbs: ["patch"]'
SCALE = 'apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"]'


def test_an_operator_that_is_killed_is_started_again_or_replaced_and_scales_on(
    scene: Scene, executioner: Killer, say: Say
) -> None:
    toil = Toil(scene, "led")
    toil.serve(maxReplicas=2)
    made = _deployments(scene)
    operator = operator_pod(scene)
    executioner.kill(operator)
    toil.start("first")
    toil.begun("first")  # from no pod at all
    say("killed, it was started again, and has made a pod")
    again = operator_pod(scene)
    assert again["metadata"]["uid"] == operator["metadata"]["uid"]
    assert (restarts(again), exit_code(again)) == (1, KILLED)
    here = f"--namespace={scene.namespace}"
    scene.kube.kubectl(
        "delete", f"pod/{again['metadata']['name']}", here, "--force", "--grace-period=0"
    )
    wait_for(lambda: another_operator(scene, than=again), what="another operator")
    toil.start("second")
    toil.begun("second")  # the first pod is taken
    say("deleted, it was replaced, and has made another pod")
    assert _deployments(scene) == made
    assert [restarts(each) for each in toil.serving(2)] == [0, 0]
    toil.finish("first", "second")
    assert (toil.repeated("first"), toil.repeated("second")) == ({}, {})


def test_rights_that_are_taken_away_are_named_and_given_back_are_used(
    scene: Scene, say: Say
) -> None:
    toil = Toil(scene, "lawless")
    toil.serve(maxReplicas=1)
    operator = operator_pod(scene)
    with without(scene, lambda rule: rule["resources"] == ["deployments/scale"]):
        toil.start("first")
        wait_for(lambda: toil.verdict["status"] == "False", what="Ready to be False")
        said = toil.verdict
        assert said["reason"] == "Forbidden", said
        assert SCALE in said["message"], said
        say(f"one right was missed: {said['message']}")
        assert toil.pods() == []
    toil.begun("first")
    wait_for(lambda: toil.verdict["status"] == "True", what="Ready to be True")
    with nothing_allowed(scene):
        # It cannot say so where one would look first, since it may not write a status any more.
        wait_for(lambda: STATUS in log(scene, pod=operator), what="a line that names the right")
        say("all rights were missed")
        now = max(each.began_at for each in toil.work())
        wait_for(lambda: toil.ahead(("first",), since=now), what="the batch to go on")
    late = Toil(scene, "lawful")
    late.serve(maxReplicas=1)  # waits until the operator has seen it
    late.start("second")
    late.begun("second")
    say("given back, they are used")
    for each, batch in ((toil, "first"), (late, "second")):
        each.finish(batch)
        assert each.repeated(batch) == {}
    after = operator_pod(scene)
    assert after["metadata"]["uid"] == operator["metadata"]["uid"]
    assert restarts(after) == restarts(operator)
    assert ready(after)


def _deployments(scene: Scene) -> set[str]:
    found = scene.kube.api.get(scene.path("deployments"))["items"]
    return {each["metadata"]["uid"] for each in found}
