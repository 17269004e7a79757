"""The operator's Deployment, its account, its Service and its budget follow the values."""

from typing import Any

import pytest

from giveway_operator.settings import PREFIX, OperatorSettings
from tests.chart.examples import example
from tests.chart.helm import NAMESPACE, Helm, container, variables
from tests.chart.values import VALUES

OPERATOR = "giveway-operator"
# Of the operator's settings, these have a place of their own in the values.
ELSEWHERE = {"namespaces", "service_accounts", "lease_namespace"}
# This one is for people outside of a cluster.
NOT_HERE = {"context"}
DIGEST = "sha256:" + "0123456789abcdef" * 4


def settings_of(values: dict[str, Any]) -> OperatorSettings:
    """As the operator would read its environment."""
    given = {name.removeprefix(PREFIX).lower(): values[name] for name in values if PREFIX in name}
    return OperatorSettings(**given)


def test_by_itself_it_runs_as_the_operator_would_by_itself(helm: Helm) -> None:
    made = helm.render().operator
    read = settings_of(variables(made))
    own = OperatorSettings(lease_name=OPERATOR, lease_namespace=NAMESPACE)
    assert read == own
    assert container(made)["args"] == ["operator", "run"]
    assert "command" not in container(made)  # the image's entry point is the program


def test_every_setting_of_the_operator_is_a_value_with_the_same_default() -> None:
    told = VALUES["operator"]["settings"]
    fields = OperatorSettings.model_fields
    names = {name: _camel(name) for name in fields if name not in ELSEWHERE | NOT_HERE}
    assert set(told) == set(names.values())
    for name in set(names) - {"lease_name"}:  # made from the release's name
        assert told[names[name]] == fields[name].default


def test_settings_reach_the_operator(helm: Helm) -> None:
    read = settings_of(variables(example(helm, "ha").operator))
    assert (read.poll_seconds, read.bell, read.lease_seconds) == (0.5, False, 15)
    assert (read.lease_name, read.log, read.log_level) == ("leader", "json", "DEBUG")
    assert read.metrics_port == 9500


def test_namespaces_and_accounts_reach_the_operator(helm: Helm) -> None:
    read = settings_of(variables(example(helm, "namespaced").operator))
    assert read.namespaces == ("packaging", "shop")
    assert read.service_accounts == ("shop-worker", "packaging-worker")


def test_the_pod_says_its_name_to_the_operator(helm: Helm) -> None:
    told = variables(helm.render().operator)["GIVEWAY_POD_NAME"]
    assert told == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_the_image_is_that_of_the_chart_s_version(helm: Helm) -> None:
    made = container(helm.render().operator)
    version = VALUES.chart["appVersion"]
    assert (made["image"], made["imagePullPolicy"]) == (f"{OPERATOR}:{version}", "IfNotPresent")


def test_a_digest_wins_over_the_tag_and_one_registry_over_each(helm: Helm) -> None:
    made = example(helm, "digests")
    image = f"registry.example.com/mirror/giveway-operator@{DIGEST}"
    assert container(made.operator)["image"] == image
    assert container(made.operator)["imagePullPolicy"] == "Always"
    valkey = made.one("StatefulSet")
    assert container(valkey)["image"] == "registry.example.com/mirror/valkey:9.0"
    for workload in (made.operator, valkey):
        assert workload["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "everywhere"}]


def test_a_full_name_is_the_name_of_everything(helm: Helm) -> None:
    made = example(helm, "digests")
    assert made.operator["metadata"]["name"] == "work-operator"
    assert made.one("StatefulSet")["metadata"]["name"] == "work-valkey"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "giveway-operator"),
        ({"nameOverride": "gw"}, "giveway-gw-operator"),
        ({"fullnameOverride": "x" * 60}, "x" * 40 + "-operator"),
    ],
)
def test_names(helm: Helm, values: dict[str, Any], name: str) -> None:
    assert helm.render(values).operator["metadata"]["name"] == name


def test_it_is_probed_where_it_answers(helm: Helm) -> None:
    made = container(example(helm, "ha").operator)
    assert made["startupProbe"] == {
        "httpGet": {"path": "/healthz", "port": "metrics"},
        "periodSeconds": 1,
        "timeoutSeconds": 3,
        "failureThreshold": 180,
    }
    assert made["livenessProbe"] == {
        "httpGet": {"path": "/healthz", "port": "metrics"},
        "periodSeconds": 20,
        "timeoutSeconds": 10,
        "failureThreshold": 5,
    }
    assert made["readinessProbe"] == {
        "httpGet": {"path": "/readyz", "port": "metrics"},
        "periodSeconds": 7,
        "timeoutSeconds": 4,
        "failureThreshold": 2,
    }
    assert made["ports"] == [{"name": "metrics", "containerPort": 9500, "protocol": "TCP"}]


def test_it_has_a_place_to_write_and_the_restricted_standard_holds_by_itself(helm: Helm) -> None:
    made = helm.render().operator
    assert container(made)["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    assert made["spec"]["template"]["spec"]["volumes"] == [{"name": "tmp", "emptyDir": {}}]
    assert container(made)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_where_and_how_it_runs(helm: Helm) -> None:
    deployment = example(helm, "ha").operator
    spec, pod = deployment["spec"], deployment["spec"]["template"]["spec"]
    assert spec["replicas"] == 3
    assert spec["revisionHistoryLimit"] == 1
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert pod["priorityClassName"] == "system-cluster-critical"
    assert pod["runtimeClassName"] == "gvisor"
    assert pod["nodeSelector"] == {"pool": "system"}
    assert pod["tolerations"][0]["key"] == "node-role.kubernetes.io/control-plane"
    assert list(pod["affinity"]) == ["podAntiAffinity"]
    assert [one["whenUnsatisfiable"] for one in pod["topologySpreadConstraints"]] == [
        "DoNotSchedule"
    ]
    assert pod["terminationGracePeriodSeconds"] == 20
    assert pod["imagePullSecrets"] == [{"name": "registry"}]


def test_what_is_extra_is_added(helm: Helm) -> None:
    deployment = example(helm, "ha").operator
    made, pod = container(deployment), deployment["spec"]["template"]
    assert made["args"] == ["operator", "run", "--log-level", "INFO"]
    assert variables(deployment)["SSL_CERT_DIR"] == "/etc/authorities"
    assert variables(deployment)["TOKEN"]["secretKeyRef"]["name"] == "proxy"
    assert made["envFrom"] == [{"configMapRef": {"name": "proxy"}}]
    assert [one["name"] for one in made["volumeMounts"]] == ["tmp", "authorities"]
    assert [one["name"] for one in pod["spec"]["volumes"]] == ["tmp", "authorities"]
    assert made["resources"]["requests"] == {"cpu": "1", "memory": "512Mi"}
    assert pod["metadata"]["labels"]["sidecar"] == "none"
    assert pod["metadata"]["annotations"]["example.com/restarted"] == "never"
    assert deployment["metadata"]["annotations"]["example.com/on-call"] == "platform"


def test_common_labels_and_annotations_are_on_all_of_it(helm: Helm) -> None:
    made = example(helm, "ha")
    for one in made.objects:
        assert one["metadata"]["labels"]["team"] == "platform"
        assert one["metadata"]["annotations"]["example.com/contact"] == "platform"
    selector = made.operator["spec"]["selector"]["matchLabels"]
    assert "team" not in selector  # it could never be changed


def test_by_itself_replicas_are_spread_as_far_as_that_is_possible(helm: Helm) -> None:
    spread = helm.render().operator["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert [one["topologyKey"] for one in spread] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    assert {one["whenUnsatisfiable"] for one in spread} == {"ScheduleAnyway"}
    selector = helm.render().operator["spec"]["selector"]
    assert all(one["labelSelector"] == selector for one in spread)


@pytest.mark.parametrize(
    ("operator", "budgets"),
    [
        ({}, []),  # of one replica none may go: a node could not be drained
        ({"replicas": 2}, [1]),
        ({"replicas": 3, "podDisruptionBudget": {"maxUnavailable": "50%"}}, ["50%"]),
        ({"replicas": 2, "podDisruptionBudget": {"enabled": False}}, []),
    ],
)
def test_a_budget_is_there_where_it_does_not_stand_in_the_way(
    helm: Helm, operator: dict[str, Any], budgets: list[Any]
) -> None:
    made = helm.render({"operator": operator})
    assert [one["spec"]["maxUnavailable"] for one in made.all("PodDisruptionBudget")] == budgets
    for one in made.all("PodDisruptionBudget"):
        assert one["spec"]["selector"] == made.operator["spec"]["selector"]
        assert one["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_the_service_finds_the_pods(helm: Helm) -> None:
    made = example(helm, "ha")
    service = made.one("Service")
    labels = made.operator["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    assert service["spec"]["ports"][0]["port"] == 9500
    assert service["metadata"]["annotations"]["prometheus.io/scrape"] == "true"
    assert service["metadata"]["labels"]["scrape"] == "yes"


def test_its_account_is_made_or_is_somebody_elses(helm: Helm) -> None:
    account = example(helm, "ha").one("ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    assert account["metadata"]["annotations"]["example.com/role"] == "giveway"
    assert account["metadata"]["labels"]["cloud"] == "identity"
    other = example(helm, "no-crds")
    assert not other.all("ServiceAccount")
    assert other.operator["spec"]["template"]["spec"]["serviceAccountName"] == "somebody"


def test_without_service_rights_and_definition_the_deployment_is_left(helm: Helm) -> None:
    names = [name for name in example(helm, "no-crds").names if not name.startswith("Pod/")]
    assert names == ["Deployment/giveway-operator"]


def test_objects_of_ones_own_may_have_templates(helm: Helm) -> None:
    made = example(helm, "extra-objects")
    beside = made.one("ConfigMap", "giveway-beside")
    assert beside["data"] == {"operator": "giveway-operator"}
    assert made.one("ConfigMap", "as-text")["data"] == {"namespace": NAMESPACE}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)
