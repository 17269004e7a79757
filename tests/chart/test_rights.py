"""The operator gets the rights of docs/rights.md: no word more, and none less."""

from typing import Any

import pytest
import yaml

from giveway_operator.cluster.rights import Where, rules
from tests.chart.examples import example
from tests.chart.helm import NAMESPACE, ROOT, Helm, Manifests

OPERATOR = "giveway-operator"
DEFINITION = ROOT / "operator" / "giveway_operator" / "priorityqueues.yaml"


def needed(where: Where) -> list[dict[str, Any]]:
    return [
        {"apiGroups": [one.group], "resources": [one.resource], "verbs": list(one.verbs)}
        for one in rules(where)
    ]


def bound(made: Manifests, kind: str) -> list[tuple[str | None, str, list[dict[str, Any]]]]:
    """Of each binding: its namespace, the role, the subjects."""
    return [
        (one["metadata"].get("namespace"), one["roleRef"]["name"], one["subjects"])
        for one in made.all(kind)
    ]


SUBJECT = [{"kind": "ServiceAccount", "name": OPERATOR, "namespace": NAMESPACE}]


def test_in_the_whole_cluster(helm: Helm) -> None:
    made = helm.render()
    assert made.one("ClusterRole", OPERATOR)["rules"] == needed(Where.QUEUES)
    assert bound(made, "ClusterRoleBinding") == [(None, OPERATOR, SUBJECT)]
    assert made.one("Role")["rules"] == needed(Where.OWN)
    assert bound(made, "RoleBinding") == [(NAMESPACE, f"{OPERATOR}-lease", SUBJECT)]


def test_in_some_namespaces_and_nowhere_else(helm: Helm) -> None:
    made = example(helm, "namespaced")
    assert not [one for one in made.names if one.startswith(("Cluster", "CustomResource"))]
    roles = {(one["metadata"]["namespace"], one["metadata"]["name"]): one["rules"]
             for one in made.all("Role")}  # fmt: skip
    assert roles == {
        ("packaging", OPERATOR): needed(Where.QUEUES),
        ("shop", OPERATOR): needed(Where.QUEUES),
        (NAMESPACE, f"{OPERATOR}-lease"): needed(Where.OWN),
    }
    assert sorted(bound(made, "RoleBinding"), key=str) == [
        ("packaging", OPERATOR, SUBJECT),
        (NAMESPACE, f"{OPERATOR}-lease", SUBJECT),
        ("shop", OPERATOR, SUBJECT),
    ]


def test_no_rights_are_made_where_somebody_else_gives_them(helm: Helm) -> None:
    made = example(helm, "no-crds")
    assert not [one for one in made.names if "Role" in one]


def test_who_may_view_edit_or_administer_may_also_do_so_with_queues(helm: Helm) -> None:
    made = helm.render()
    label = "rbac.authorization.k8s.io/aggregate-to-{}".format
    view, edit = (made.one("ClusterRole", f"giveway-{each}") for each in ("view", "edit"))
    assert view["metadata"]["labels"][label("view")] == "true"
    assert edit["metadata"]["labels"][label("edit")] == "true"
    assert edit["metadata"]["labels"][label("admin")] == "true"
    reading = {"get", "list", "watch"}
    assert {verb for rule in view["rules"] for verb in rule["verbs"]} == reading
    writing = {verb for rule in edit["rules"] for verb in rule["verbs"]} - reading
    assert writing == {"create", "update", "patch", "delete", "deletecollection"}
    # Nobody but the operator writes a status.
    for rule in edit["rules"]:
        assert not writing & set(rule["verbs"]) or "priorityqueues/status" not in rule["resources"]


def test_wide_objects_of_one_namespaced_release_do_not_meet_those_of_another(helm: Helm) -> None:
    made = helm.render({"operator": {"namespaces": ["shop"]}})
    names = [one["metadata"]["name"] for one in made.all("ClusterRole")]
    assert names == [f"{NAMESPACE}-giveway-view", f"{NAMESPACE}-giveway-edit"]


def test_the_definition_is_that_of_the_operator(helm: Helm) -> None:
    made = helm.render().one("CustomResourceDefinition")
    own = yaml.safe_load(DEFINITION.read_text())
    assert (made["metadata"]["name"], made["spec"]) == (own["metadata"]["name"], own["spec"])
    assert made["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


@pytest.mark.parametrize("name", ["namespaced", "no-crds", "queues"])
def test_no_definition_where_it_is_somebody_elses(helm: Helm, name: str) -> None:
    assert not example(helm, name).all("CustomResourceDefinition")


def test_a_definition_that_is_not_kept(helm: Helm) -> None:
    made = example(helm, "unkept-crds").one("CustomResourceDefinition")
    assert made["metadata"]["annotations"] == {"example.com/origin": "chart"}
