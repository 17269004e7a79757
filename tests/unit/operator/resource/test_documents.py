"""YAML as kubectl reads it, with lines."""

import pytest

from giveway_operator.crd.check import Checked, check
from giveway_operator.crd.documents import Document, Unreadable, documents
from tests.priorityqueues.documents import changed, on_deployment
from tests.priorityqueues.yaml_text import as_yaml

RESOURCE = """\
apiVersion: giveway.dev/v1alpha1
kind: PriorityQueue
metadata:
  name: shop
spec:
  redis:
    secret: {name: redis}
  tiers:
    - name: high
      sloSeconds: 5
    - name: low
      sloSeconds: 4
  worker:
    template:
      app: shop.tasks:app
      image: shop:1
      podLabels:
        team: the shop
  scaling:
    maxReplica: 3
"""


def only(text: str) -> Document:
    (document,) = documents(text)
    return document


def places(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.field) for one in check(text).problems]


def message(text: str) -> str:
    (problem,) = check(text).problems
    return problem.message


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 1),
        ("metadata.name", 4),
        ("spec.tiers[1].sloSeconds", 12),
        ("spec.redis.secret.name", 7),
        ("spec.redis.secret.key", 7),  # absent: where it should stand
        ("spec.worker.scaleTargetRef", 13),
        ("spec.worker.template.podLabels[team]", 18),
        ("spec.worker.template.podLabels.team", 18),
        ("status.replicas", 1),
    ],
)
def test_every_field_has_its_line(path: str, line: int) -> None:
    assert only(RESOURCE).line(path) == line


def test_a_mistake_is_told_with_its_line() -> None:
    assert places(RESOURCE) == [
        (8, "spec.tiers"),
        (18, "spec.worker.template.podLabels[team]"),
        (20, "spec.scaling.maxReplica"),
    ]


def test_lines_go_on_in_the_next_document() -> None:
    assert places(f"---\n{RESOURCE}---\n{RESOURCE}")[-1] == (42, "spec.scaling.maxReplica")


def test_documents_of_a_list_are_looked_at_one_by_one() -> None:
    inside = "".join(f"    {line}\n" for line in RESOURCE.splitlines()).replace("    a", "  - a", 1)
    assert places(f"apiVersion: v1\nkind: List\nitems:\n{inside}") == [
        (11, "spec.tiers"),
        (21, "spec.worker.template.podLabels[team]"),
        (23, "spec.scaling.maxReplica"),
    ]


def test_a_key_that_stands_twice_is_a_mistake() -> None:
    text = as_yaml(on_deployment()) + "metadata: {name: other}\n"
    assert message(text) == 'key "metadata" already set: remove one of the two'
    assert check(text).problems[0].line == len(text.splitlines())


def test_keys_that_are_merged_in_may_be_said_again() -> None:
    text = """\
{head}
spec:
  redis: {{secret: &name {{name: redis, key: address}}, caSecret: {{<<: *name, key: ca}}}}
  tiers: [{{name: high, sloSeconds: 5}}]
  worker: {{scaleTargetRef: {{name: web}}}}
""".format(head="\n".join(RESOURCE.splitlines()[:4]))
    assert check(text) == Checked(("shop",), (), ())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5.0", 5),
        ("2.5", 2.5),
        ("0x10", 16),
        ("2026-11-21", "2026-11-21"),
        ("yes", True),
        ("y", True),
        ("1e3", 1000),
        ("0o17", 15),
        ("1:30", "1:30"),
        ("'yes'", "yes"),
        ("~", None),
    ],
)
def test_values_are_read_as_kubectl_reads_them(text: str, value: object) -> None:
    found = only(f"value: {text}").value["value"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: b\nc: [1,\n", 3, "is no YAML"),
        ("a: 1\n b: 2\n", 2, "is no YAML"),
        ("a:\n\t- 1\n", 2, "is no YAML"),
        ("a: b\nc: \x1f\n", 2, "special characters are not allowed"),
        ("a: 1\nb: .nan\n", 2, "must be finite"),
        ("a: 1\n? [b, c]\n: 2\n", 2, "a key that is no text"),
        ("a: 1\nb: !!python/name:os.system x\n", 2, "is no YAML"),
        ("a: !!binary aGk=\n", 1, "type bytes"),
        ("a: 0o9\nb: 09:99:99999999:x\nc: !!int x\n", 3, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(Unreadable, match=says) as caught:
        list(documents(text))
    assert caught.value.line == line


def test_aliases_that_multiply_are_given_up_early() -> None:
    rows = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(Unreadable, match="more than 100000 values"):
        list(documents("\n".join(rows)))


def test_an_alias_to_itself_is_given_up() -> None:
    with pytest.raises(Unreadable):
        list(documents("a: &a [*a]"))


def test_empty_documents_are_nothing() -> None:
    assert check("---\n---\n# only a remark\n") == Checked((), (), ())


def test_what_stood_before_broken_yaml_is_looked_at_too() -> None:
    found = check(f"{as_yaml(on_deployment())}---\n{{")
    assert found.right == ("shop",)
    assert [one.message.partition(":")[0] for one in found.problems] == ["is no YAML"]


def test_other_kinds_are_passed_over_and_named() -> None:
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    found = check(as_yaml(deployment, on_deployment(), "a text"))
    assert found.right == ("shop",)
    assert found.problems == ()
    assert [what for _, what in found.others] == [
        "Deployment web",
        "no object of Kubernetes (no kind)",
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"kind": "PriorityQeue"}, "kind"), ({"apiVersion": "giveway.dev/v1"}, "apiVersion")],
)
def test_a_misspelt_kind_of_ours_is_wrong_and_not_passed_over(
    change: dict[str, object], field: str
) -> None:
    (problem,) = check(as_yaml(changed(on_deployment(), change))).problems
    assert problem.field == field
    assert problem.message.endswith(
        "write apiVersion: giveway.dev/v1alpha1 and kind: PriorityQueue"
    )


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("spec.scalling", "did you mean scaling?"),
        ("spec.tiers[0].sloSecond", "did you mean sloSeconds?"),
        ("spec.tiers[0].slo_seconds", "did you mean sloSeconds?"),
        ("spec.scaling.maxreplicas", "did you mean maxReplicas?"),
        ("spec.worker.tier", "did you mean tiers?"),
        ("metadata.annotation", "did you mean annotations?"),
        ("spce", "did you mean spec?"),
        ("spec.redis.secret.namespace", "there are name, key"),
        ("spec.worker.scaleTargetRef.privileged", "there are apiVersion, kind, name"),
    ],
)
def test_a_field_that_does_not_exist_is_told_with_what_was_meant(path: str, meant: str) -> None:
    found = check(as_yaml(changed(on_deployment(), {path: 1}))).problems
    assert [(one.field, one.message) for one in found] == [
        (path, f'unknown field "{path}": {meant}')
    ]


def test_the_keys_of_a_mapping_are_the_users_own() -> None:
    labels = {"metadata.labels": {"anything": "goes"}, "metadata.annotations": {"a.b/c": "d"}}
    assert check(as_yaml(changed(on_deployment(), labels))).right == ("shop",)


@pytest.mark.parametrize("value", [5, True, None, ["x"]])
def test_a_label_that_is_no_text_is_told_to_be_quoted(value: object) -> None:
    found = check(as_yaml(changed(on_deployment(), {"metadata.labels": {"tier": value}}))).problems
    if value is None:  # as if it were not there
        assert found == ()
        return
    assert [one.field for one in found] == ["metadata.labels[tier]"]
    assert "write it in quotes" in found[0].message


def test_what_a_cluster_printed_is_right_with_all_that_it_has_added() -> None:
    added = {
        "metadata.uid": "b98ff560-7544-4408-8e3a-ed3acc2369e4",
        "metadata.resourceVersion": "204",
        "metadata.generation": 1,
        "metadata.creationTimestamp": "2026-11-21T18:50:54Z",
        "metadata.managedFields": [{"manager": "kubectl"}],
        "status": {"replicas": 3, "anything": "a newer operator writes"},
    }
    assert check(as_yaml(changed(on_deployment(), added))).right == ("shop",)
