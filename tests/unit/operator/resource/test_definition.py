"""The definition is one that an API server takes, and says all that a reader asks."""

from collections.abc import Iterator
from typing import Any

import yaml

from giveway_operator.crd.definition import definition, written
from giveway_operator.crd.packaged import packaged
from giveway_operator.model import PriorityQueue
from giveway_operator.model.part import SAYS
from giveway_operator.model.rules import RULES
from giveway_operator.model.schema import Schema
from tests.priorityqueues.documents import on_deployment

VERSION: Schema = definition()["spec"]["versions"][0]
ROOT: Schema = VERSION["schema"]["openAPIV3Schema"]
SPEC: Schema = ROOT["properties"]["spec"]
STATUS: Schema = ROOT["properties"]["status"]


def parts(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Every schema inside, with its path."""
    yield path, schema
    for name, one in schema.get("properties", {}).items():
        yield from parts(one, f"{path}.{name}")
    for inner in ("items", "additionalProperties"):
        if inner in schema:
            yield from parts(schema[inner], f"{path}[]")


EVERYWHERE = [*parts(SPEC, "spec"), *parts(STATUS, "status")]


def test_the_packaged_definition_is_the_one_that_the_model_makes() -> None:
    assert packaged() == written()
    assert yaml.safe_load(packaged()) == definition()


def test_nothing_is_in_it_that_a_structural_schema_may_not_have() -> None:
    refused = {"$ref", "$defs", "anyOf", "oneOf", "const", "title", "propertyNames"}
    assert [path for path, one in EVERYWHERE if one.keys() & refused] == []
    assert [path for path, one in EVERYWHERE if SAYS in one] == []


def test_every_text_list_and_mapping_has_a_longest_length() -> None:
    # The API server reckons what a rule may cost from them.
    bounds = {"string": "maxLength", "array": "maxItems"}
    open_ended = [
        path
        for path, one in EVERYWHERE
        if (wanted := bounds.get(one.get("type", "")))
        and not one.keys() & {wanted, "enum", "format"}
    ]
    open_ended += [
        path
        for path, one in EVERYWHERE
        if "additionalProperties" in one and "maxProperties" not in one
    ]
    assert open_ended == []


def test_every_number_that_a_person_writes_has_bounds() -> None:
    numbers = [(path, one) for path, one in parts(SPEC, "spec") if one.get("type") in KINDS]
    assert [path for path, one in numbers if not {"minimum", "maximum"} <= one.keys()] == []


KINDS = {"integer", "number"}


def test_every_field_has_a_sentence_that_says_what_it_is() -> None:
    # An entry of a list or mapping is told of by its field.
    told = [(path, one.get("description", "")) for path, one in EVERYWHERE if path[-2:] != "[]"]
    assert [path for path, text in told if len(text) < 12 or not text.endswith((".", ")"))] == []


def test_defaults_and_bounds_are_told_since_kubectl_explain_shows_none() -> None:
    scaling = SPEC["properties"]["scaling"]["properties"]
    assert scaling["maxReplicas"]["description"].endswith("From 1 to 5,000. Default: 10.")
    assert scaling["dryRun"]["description"].endswith("Default: false.")
    slo = SPEC["properties"]["tiers"]["items"]["properties"]["sloSeconds"]["description"]
    assert slo.endswith("Above 0, up to 2,592,000.")


def test_a_part_with_a_rule_inside_has_its_whole_default() -> None:
    # `{}` would be judged by the rule before it is filled, and the definition be refused for it.
    assert SPEC["properties"]["scaling"]["default"] == {
        "minReplicas": 0,
        "maxReplicas": 10,
        "pause": "none",
        "dryRun": False,
        "startupSeconds": 5,
    }


def test_every_default_of_the_definition_is_the_one_of_the_model() -> None:
    bare = PriorityQueue.parse(on_deployment()).spec
    defaults = {path: one["default"] for path, one in parts(SPEC, "spec") if "default" in one}
    for part, name in ((bare.scaling, "scaling"), (bare.connections, "connections")):
        said = part.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert said == defaults[f"spec.{name}"]
        assert said == {key: defaults[f"spec.{name}.{key}"] for key in said}


def test_the_status_has_no_defaults_since_its_writer_writes_all_of_it() -> None:
    assert [path for path, one in parts(STATUS, "status") if "default" in one] == []


def test_every_rule_is_in_the_definition_with_a_fixed_message() -> None:
    found = [rule for _, one in [*EVERYWHERE, ("", ROOT)] for rule in _rules(one)]
    assert {rule.cel for rule in RULES} <= {rule["rule"] for rule in found}
    assert {key for rule in found for key in rule} == {"rule", "message", "fieldPath"}


def _rules(schema: Schema) -> list[dict[str, Any]]:
    return list(schema.get("x-kubernetes-validations", ()))


def test_conditions_are_a_map_and_tiers_one_value() -> None:
    conditions = STATUS["properties"]["conditions"]
    assert conditions["x-kubernetes-list-type"] == "map"
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]
    assert SPEC["properties"]["tiers"]["x-kubernetes-list-type"] == "atomic"


def test_a_template_has_no_field_that_gives_a_pod_more_rights() -> None:
    template = SPEC["properties"]["worker"]["properties"]["template"]["properties"]
    assert set(template) == {
        "app",
        "image",
        "command",
        "args",
        "env",
        "resources",
        "nodeSelector",
        "tolerations",
        "affinity",
        "imagePullSecrets",
        "serviceAccountName",
        "processes",
        "slots",
        "terminationGracePeriodSeconds",
        "podLabels",
        "podAnnotations",
    }


def test_nothing_outside_the_namespace_can_be_named() -> None:
    fields = {path.rpartition(".")[2] for path, _ in parts(SPEC, "spec")}
    assert fields & {"namespace", "namespaces", "namespaceSelector"} == set()
