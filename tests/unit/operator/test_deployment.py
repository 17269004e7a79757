"""What a template becomes: a Deployment that the restricted pod security standard would pass."""

import json
from typing import Any

import pytest

from giveway_operator.deployment import (
    TemplateRefused,
    deployment_name,
    manifest,
    selector,
)
from giveway_operator.facts import QueueKey
from giveway_operator.model import InvalidResource, PriorityQueue
from giveway_operator.model.rules import RESERVED_VARIABLES

UID = "8c7a7d4e-0000-4000-8000-000000000001"


def resource(name: str = "shop", **spec: Any) -> PriorityQueue:
    template = {"app": "shop.tasks:app", "image": "shop:1"} | spec.pop("template", {})
    return PriorityQueue.parse(
        {
            "metadata": {"name": name, "namespace": "prod", "uid": UID},
            "spec": {
                "redis": {"secret": {"name": "redis"}},
                "tiers": [
                    {"name": "high", "sloSeconds": 5},
                    {"name": "low", "sloSeconds": 60},
                ],
                "worker": {"template": template} | spec.pop("worker", {}),
            }
            | spec,
        }
    )


def pod(queue: PriorityQueue) -> dict[str, Any]:
    found: dict[str, Any] = manifest(queue).body["spec"]["template"]["spec"]
    return found


def container(queue: PriorityQueue) -> dict[str, Any]:
    (one,) = pod(queue)["containers"]
    found: dict[str, Any] = one
    return found


def environment(queue: PriorityQueue) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container(queue)["env"]}


def test_a_pod_is_restricted_whatever_the_namespace_enforces() -> None:
    found = pod(resource())
    assert found["automountServiceAccountToken"] is False
    assert found["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(resource())["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
    }
    assert not {"hostNetwork", "hostPID", "hostIPC", "serviceAccountName"} & found.keys()


def test_it_runs_the_app_with_its_processes_slots_and_tiers() -> None:
    queue = resource(
        template={"processes": 2, "slots": 3, "args": ["--max-memory", "700"]},
        worker={"tiers": ["high"]},
    )
    assert container(queue)["command"] == ["giveway"]
    assert container(queue)["args"] == [
        "worker",
        "shop.tasks:app",
        "--processes=2",
        "--slots=3",
        "--tiers=high",
        "--max-memory",
        "700",
    ]


def test_a_command_stands_in_for_giveway_and_its_arguments_stay() -> None:
    found = container(resource(template={"command": ["python", "-m", "giveway"]}))
    assert found["command"] == ["python", "-m", "giveway"]
    assert found["args"][:2] == ["worker", "shop.tasks:app"]


def test_redis_comes_from_secrets_of_the_same_namespace_by_name_and_key() -> None:
    queue = resource(
        redis={
            "secret": {"name": "redis", "key": "address"},
            "passwordSecret": {"name": "redis-auth"},
            "caSecret": {"name": "redis-tls"},
        }
    )
    told = environment(queue)
    assert told["GIVEWAY_REDIS_URL"] == {"secretKeyRef": {"name": "redis", "key": "address"}}
    volumes = {one["name"]: one for one in pod(queue)["volumes"]}
    mounts = {one["name"]: one["mountPath"] for one in container(queue)["volumeMounts"]}
    for variable, volume, secret, key in (
        ("GIVEWAY_REDIS_PASSWORD_FILE", "redis-password", "redis-auth", "password"),
        ("GIVEWAY_REDIS_CA_FILE", "redis-ca", "redis-tls", "ca.crt"),
    ):
        assert volumes[volume]["secret"] == {
            "secretName": secret,
            "items": [{"key": key, "path": volume}],
        }
        assert told[variable] == f"{mounts[volume]}/{volume}"


def test_without_a_password_or_certificates_no_file_is_named() -> None:
    assert [one["name"] for one in pod(resource())["volumes"]] == ["tmp"]
    assert (
        not {"GIVEWAY_REDIS_PASSWORD_FILE", "GIVEWAY_REDIS_CA_FILE"}
        & environment(resource()).keys()
    )


def test_a_worker_knows_its_queue_its_pod_and_its_resource() -> None:
    told = environment(resource(queue="orders"))
    assert (told["GIVEWAY_QUEUE"], told["GIVEWAY_TIERS"]) == ("orders", "high,low")
    assert told["GIVEWAY_POD_NAME"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert told["GIVEWAY_POD_UID"] == {"fieldRef": {"fieldPath": "metadata.uid"}}
    assert told["GIVEWAY_RESOURCE_UID"] == UID


def test_probes_and_metrics_are_where_a_worker_serves_them() -> None:
    found = container(resource())
    assert found["ports"] == [{"name": "metrics", "containerPort": 9400, "protocol": "TCP"}]
    assert environment(resource())["GIVEWAY_METRICS_PORT"] == "9400"
    assert found["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "metrics"}
    assert found["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "metrics"}
    assert found["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "metrics"}


def test_an_app_that_takes_minutes_to_import_is_left_to_do_so() -> None:
    made = container(resource())
    start, live = made["startupProbe"], made["livenessProbe"]
    assert start["periodSeconds"] * start["failureThreshold"] >= 180
    assert live["periodSeconds"] * live["failureThreshold"] <= 30, "later it is found sooner"


@pytest.mark.parametrize("seconds", [1, 2, 9, 10, 30, 3600])
def test_a_pod_has_more_time_to_leave_than_its_worker_takes(seconds: int) -> None:
    queue = resource(template={"terminationGracePeriodSeconds": seconds})
    assert pod(queue)["terminationGracePeriodSeconds"] == seconds
    assert 0 < float(environment(queue)["GIVEWAY_GRACE_SECONDS"]) < seconds


def test_it_goes_with_its_resource_without_a_finalizer() -> None:
    metadata = manifest(resource()).body["metadata"]
    assert metadata["ownerReferences"] == [
        {
            "apiVersion": "giveway.dev/v1alpha1",
            "kind": "PriorityQueue",
            "name": "shop",
            "uid": UID,
            "controller": True,
        }
    ]
    assert "finalizers" not in metadata


def test_replicas_are_not_the_templates() -> None:
    assert "replicas" not in manifest(resource()).body["spec"]


@pytest.mark.parametrize("name", sorted(RESERVED_VARIABLES))
def test_a_variable_of_ours_cannot_be_set(name: str) -> None:
    env = [{"name": "A", "value": "1"}, {"name": name, "value": "x"}]
    with pytest.raises(InvalidResource, match=r"spec.worker.template.env\[1\].name: .* remove it"):
        resource(template={"env": env})


def test_every_variable_that_is_set_is_reserved() -> None:
    queue = resource(
        redis={
            "secret": {"name": "redis"},
            "passwordSecret": {"name": "auth"},
            "caSecret": {"name": "tls"},
        }
    )
    assert environment(queue).keys() <= set(RESERVED_VARIABLES)


@pytest.mark.parametrize("argument", ["--processes=4", "--slots", "--tiers=low", "--redis-url"])
def test_an_argument_that_would_undo_a_field_is_refused_with_the_field(argument: str) -> None:
    queue = resource(template={"args": ["--max-tasks", "10", argument]})
    option = argument.split("=", maxsplit=1)[0]
    with pytest.raises(
        TemplateRefused,
        match=rf"template.args\[2\]: {option} is set by the operator; use spec\.",
    ):
        manifest(queue)


def test_a_templates_own_variables_come_with_their_sources() -> None:
    queue = resource(
        template={
            "env": [
                {"name": "A", "value": "1"},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            ]
        }
    )
    told = environment(queue)
    assert told["A"] == "1"
    assert told["B"] == {"secretKeyRef": {"name": "s", "key": "k"}}


def test_a_service_account_has_to_be_allowed() -> None:
    queue = resource(template={"serviceAccountName": "deployer"})
    with pytest.raises(TemplateRefused, match="serviceAccountName: deployer is not among"):
        manifest(queue)
    allowed = manifest(queue, service_accounts=frozenset({"deployer"}))
    spec = allowed.body["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == "deployer"
    assert spec["automountServiceAccountToken"] is False


def test_where_pods_run_and_what_they_use_is_passed_on() -> None:
    chosen = {
        "resources": {"requests": {"cpu": "500m"}, "limits": {"memory": "1Gi"}},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}],
        "imagePullSecrets": [{"name": "registry"}],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}
                    ]
                }
            }
        },
    }
    queue = resource(template=chosen)
    found = pod(queue)
    assert container(queue)["resources"] == chosen["resources"]
    assert {name: found[name] for name in chosen if name != "resources"} == {
        name: value for name, value in chosen.items() if name != "resources"
    }


def test_a_templates_labels_do_not_replace_those_by_which_pods_are_found() -> None:
    queue = resource(
        template={
            "podLabels": {"team": "a", "app.kubernetes.io/managed-by": "me"},
            "podAnnotations": {"note": "b"},
        }
    )
    made = manifest(queue)
    metadata = made.body["spec"]["template"]["metadata"]
    assert metadata["labels"].items() >= {"team": "a", **selector(queue.key)}.items()
    assert metadata["annotations"] == {"note": "b"}
    assert made.body["spec"]["selector"]["matchLabels"] == selector(queue.key)


def test_equal_resources_become_equal_manifests() -> None:
    texts = {json.dumps(manifest(resource()).body) for _ in range(2)}
    assert len(texts) == 1


@pytest.mark.parametrize(
    "name", ["a", "a.b.c", "x" * 47, "x" * 48, "x" * 253, "x" * 37 + "." + "y" * 40]
)
def test_a_name_leaves_room_for_those_of_its_pods(name: str) -> None:
    made = deployment_name(QueueKey("prod", name))
    assert len(made) <= 47
    assert made.replace("-", "").isalnum()
    assert made[-1].isalnum()


def test_two_long_names_stay_apart() -> None:
    names = {deployment_name(QueueKey("prod", "x" * 60 + end)) for end in "ab"}
    assert len(names) == 2


def test_a_resource_without_a_template_has_nothing_to_make() -> None:
    queue = resource()
    worker = queue.spec.worker.model_copy(update={"template": None})
    bare = queue.model_copy(update={"spec": queue.spec.model_copy(update={"worker": worker})})
    with pytest.raises(TemplateRefused, match=r"spec\.worker\.template: absent"):
        manifest(bare)
