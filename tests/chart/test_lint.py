"""Every example of values passes Helm's own look, and what it makes is in order."""

import tarfile
from pathlib import Path

import pytest

from tests.chart.helm import CHART, CI, NAMESPACE, Helm

# Of these kinds there is one in the whole cluster.
WIDE = {"CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"}
EXTRA = {
    "giveway-beside",
    "as-text",
}  # of ci/extra-objects-values.yaml: written by whoever wants them
named = pytest.mark.parametrize("values", CI, ids=lambda path: path.stem.removesuffix("-values"))


@named
def test_lint_finds_nothing(helm: Helm, values: Path) -> None:
    said = helm.run("lint", "--strict", CHART, "--values", values)
    assert "1 chart(s) linted, 0 chart(s) failed" in said
    assert "[WARNING]" not in said
    assert "[ERROR]" not in said


@named
def test_no_object_is_made_twice(helm: Helm, values: Path) -> None:
    made = [
        (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"])
        for one in helm.render(values).objects
    ]
    assert len(made) == len(set(made))


@named
def test_every_object_says_whose_it_is(helm: Helm, values: Path) -> None:
    for one in helm.render(values).objects:
        if one["metadata"]["name"] in EXTRA:
            continue
        labels = one["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == "giveway"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/part-of"] == "giveway"
        assert ("namespace" in one["metadata"]) != (one["kind"] in WIDE)


@named
def test_every_pod_is_without_a_token_but_the_operators(helm: Helm, values: Path) -> None:
    for pod in helm.render(values).pods:
        operator = pod["metadata"]["labels"]["app.kubernetes.io/component"] == "operator"
        assert pod["spec"]["automountServiceAccountToken"] is operator


@named
def test_every_container_is_bounded_and_cannot_write(helm: Helm, values: Path) -> None:
    for pod in helm.render(values).pods:
        for each in pod["spec"]["containers"]:
            assert each["securityContext"]["readOnlyRootFilesystem"] is True
            assert {"cpu", "memory"} <= set(each["resources"]["requests"])
            assert "memory" in each["resources"]["limits"]


def test_what_only_the_tests_read_is_not_in_the_package(helm: Helm, tmp_path: Path) -> None:
    helm.run("package", CHART, "--destination", tmp_path)
    (package,) = tmp_path.glob("giveway-*.tgz")
    with tarfile.open(package) as packed:
        names = packed.getnames()
    assert "giveway/values.schema.json" in names
    assert "giveway/dashboards/overview.json" in names
    assert not [name for name in names if name.startswith("giveway/ci/")]


def test_what_is_made_is_in_the_namespace_of_the_release(helm: Helm) -> None:
    made = helm.render().objects
    assert {one["metadata"]["namespace"] for one in made if one["kind"] not in WIDE} == {NAMESPACE}
