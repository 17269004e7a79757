"""Every mistake is refused without a cluster, in one line that names the field and the fix."""

import pytest

from giveway_operator.crd.check import check
from giveway_operator.model import InvalidResource, PriorityQueue
from giveway_operator.model.part import SAYS
from giveway_operator.model.rules import RULES
from giveway_operator.model.schema import Schema, structural
from giveway_operator.model.spec import Spec
from tests.priorityqueues.between_fields import BETWEEN_FIELDS
from tests.priorityqueues.documents import changed, from_template, on_deployment
from tests.priorityqueues.mistake import Mistake
from tests.priorityqueues.mistakes import MISTAKES
from tests.priorityqueues.shapes import SHAPES
from tests.priorityqueues.yaml_text import as_yaml


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_file_with_a_mistake_is_told_the_field_and_the_fix(mistake: Mistake) -> None:
    found = check(as_yaml(mistake.document)).problems
    assert [(one.field, one.message) for one in found] == [(mistake.field, mistake.message)]


# Of what the API server alone judges (names, entries that stand twice), nothing comes to a reader.
STORED = [one for one in MISTAKES if one.name not in {"a name in capitals", "no name"}]


@pytest.mark.parametrize(
    "mistake", [one for one in STORED if not one.message.startswith("Duplicate")], ids=str
)
def test_an_object_with_a_mistake_is_one_clear_error(mistake: Mistake) -> None:
    with pytest.raises(InvalidResource) as caught:
        PriorityQueue.parse(mistake.document)
    assert [(one.field, one.message) for one in caught.value.problems] == [
        (mistake.field, mistake.message)
    ]
    assert str(caught.value) == f"{mistake.field}: {mistake.message}"


@pytest.mark.parametrize("document", [on_deployment(), from_template()])
def test_the_resources_that_the_mistakes_are_made_in_are_right(document: dict[str, object]) -> None:
    assert check(as_yaml(document)).right == ("shop",)


def test_every_rule_has_a_mistake_that_breaks_it() -> None:
    # By field and message: `maxReplicas` at `spec.scaling.maxReplicas`.
    broken = {(one.field.rpartition(".")[2], one.message) for one in BETWEEN_FIELDS}
    told = {(rule.field.rpartition(".")[2], rule.message) for rule in RULES if rule.field}
    assert told - broken == set()
    assert {rule.message for rule in RULES} - {message for _, message in broken} == set()


def test_every_shape_of_a_text_has_a_mistake_that_breaks_it() -> None:
    assert _shapes(structural(Spec)) - {one.message for one in SHAPES} == set()


def _shapes(schema: Schema) -> set[str]:
    inner = [*schema.get("properties", {}).values()]
    inner += [schema[key] for key in ("items", "additionalProperties") if key in schema]
    own = {schema[SAYS]} if SAYS in schema else set()
    return own.union(*map(_shapes, inner))


def test_several_mistakes_are_told_at_once() -> None:
    wrong = changed(
        on_deployment(),
        {"spec.scaling": {"minReplicas": 5, "maxReplicas": 3}, "spec.tiers[1].name": "high"},
    )
    with pytest.raises(InvalidResource) as caught:
        PriorityQueue.parse(wrong)
    assert {one.field for one in caught.value.problems} == {
        "spec.scaling.maxReplicas",
        "spec.tiers",
    }


# Wrong by itself, and read by no rule.
ELSEWHERE = {"spec.redis.secret.key": 7, "spec.scaling.dryRun": "perhaps"}


@pytest.mark.parametrize("mistake", BETWEEN_FIELDS, ids=str)
def test_a_mistake_between_fields_is_told_beside_others_that_have_nothing_to_do_with_it(
    mistake: Mistake,
) -> None:
    found = check(as_yaml(changed(mistake.document, ELSEWHERE))).problems

    told = {(one.field, one.message) for one in found}
    assert (mistake.field, mistake.message) in told
    assert {field for field, _ in told} == {mistake.field, *ELSEWHERE}


@pytest.mark.parametrize(
    "changes",
    [
        {"spec.scaling": {"minReplicas": 5, "maxReplicas": "three"}},
        {"spec.scaling": {"minReplicas": 5, "maxReplicas": 0}},
        {"spec.tiers[1].name": "high", "spec.tiers[0].name": 1},
        {"spec.tiers": "high"},
        {"spec.worker": ["web"]},
        {"metadata": {"name": 12, "labels": []}},
        {"spec": 3},
    ],
)
def test_a_rule_whose_fields_are_wrong_says_nothing(changes: dict[str, object]) -> None:
    rules = {rule.message for rule in RULES}

    found = check(as_yaml(changed(on_deployment(), changes))).problems

    assert found
    assert {one.message for one in found} & rules == set()
