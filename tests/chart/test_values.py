"""What is written from values.yaml: nothing undocumented gets in, and what is closed is closed."""

import json
from typing import Any

import pytest
import yaml

from scripts.chart import readme, schema, values
from tests.chart.helm import CHART
from tests.chart.values import VALUES

EXAMPLE = """
# A heading, which is no comment of a value.

# -- How many.
# @schema {minimum: 0}
replicas: 1
image:
  # -- The tag;
  # empty: the chart's.
  tag: ""
# -- Labels of | pods.
# @schema {$ref: strings}
labels: {}
"""


def test_a_value_is_its_path_its_default_its_text_and_what_more_is_known() -> None:
    replicas, tag, labels = values.read(EXAMPLE)
    assert (replicas.path, replicas.default, replicas.text) == ("replicas", 1, "How many.")
    assert replicas.schema == {"minimum": 0}
    assert (tag.path, tag.text) == ("image.tag", "The tag; empty: the chart's.")
    assert (labels.default, labels.schema) == ({}, {"$ref": "strings"})


def test_the_schema_knows_types_and_nothing_else() -> None:
    made = json.loads(schema.written(values.read(EXAMPLE)))
    assert made["additionalProperties"] is False
    assert made["properties"]["replicas"] == {
        "description": "How many.",
        "type": "integer",
        "minimum": 0,
    }
    image = made["properties"]["image"]
    assert (image["additionalProperties"], list(image["properties"])) == (False, ["tag"])
    assert made["properties"]["labels"]["$ref"] == "#/definitions/strings"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("replicas: 1\n", "replicas has no comment"),
        ("image:\n  tag: ''\n", "image.tag has no comment"),
        ("# -- A.\nother: 1\nimage: {}\n", "image has no comment"),
        ("# -- A.\nmap: {}\n", "map: say with @schema what it may hold"),
        ("# -- A.\nlist: []\n", "list: say with @schema what its items are"),
        ("# -- A.\nnothing: null\n", "nothing is null: say its type with @schema"),
        ("# -- A.\n# @schema {$ref: lables}\nmap: {}\n", "there is no definition 'lables'"),
    ],
)
def test_what_nobody_has_described_is_an_error(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        schema.written(values.read(text))


def test_the_table_has_a_row_for_each_value_between_its_marks() -> None:
    page = f"Before.\n{readme.BEGIN}\nold\n{readme.END}\nAfter.\n"
    made = readme.with_table(page, values.read(EXAMPLE))
    assert made.startswith("Before.\n")
    assert made.endswith(f"{readme.END}\nAfter.\n")
    assert "old" not in made
    assert '| `image.tag` | `""` | The tag; empty: the chart\'s. |' in made
    assert "| `labels` | `{}` | Labels of \\| pods. |" in made
    with pytest.raises(ValueError, match="no place for the table"):
        readme.with_table("Before.\n", [])


def test_every_value_of_the_chart_is_in_the_readme() -> None:
    page = (CHART / "README.md").read_text()
    told = values.read((CHART / "values.yaml").read_text())
    assert len(told) > 150
    assert [one.path for one in told if f"| `{one.path}` |" not in page] == []


def test_whatever_has_known_fields_takes_no_others() -> None:
    made = json.loads((CHART / "values.schema.json").read_text())
    opened = [path for path, part in _objects(made, "") if part.get("additionalProperties") is True]
    allowed = [f"{each}ecurityContext" for each in ("operator/podS", "operator/s")]
    allowed += [each.replace("operator", "valkey") for each in allowed]
    assert sorted(path.removeprefix("/properties/").replace("/properties", "") for path in opened
                  ) == sorted(allowed)  # fmt: skip
    silent = [
        path
        for path, part in _objects(made, "")
        if "properties" in part and "additionalProperties" not in part
    ]
    assert silent == ["/definitions/named"]  # a volume: the API server knows its many kinds


def test_the_defaults_are_as_yaml_reads_them() -> None:
    for one in values.read((CHART / "values.yaml").read_text()):
        found: Any = VALUES
        for key in one.path.split("."):
            found = found[key]
        assert found == one.default, one.path


def test_examples_of_values_name_no_value_that_is_the_default_already() -> None:
    """Such a line would show nothing: each sets what it is about to something else."""
    for path in sorted((CHART / "ci").glob("*-values.yaml")):
        for place, value in _leaves(yaml.safe_load(path.read_text()), VALUES):
            assert value is not _SAME, f"{path.name}: {place}"


_SAME = object()


def _leaves(given: Any, default: Any, place: str = "") -> list[tuple[str, Any]]:
    if isinstance(given, dict) and isinstance(default, dict) and default:
        return [
            leaf
            for key in given
            for leaf in _leaves(given[key], default.get(key), f"{place}.{key}")
        ]
    return [(place, _SAME if given == default and given != {} else given)]


def _objects(part: Any, path: str) -> list[tuple[str, dict[str, Any]]]:
    """Every part of the schema that is a schema."""
    if isinstance(part, list):
        return [found for each in part for found in _objects(each, path)]
    if not isinstance(part, dict):
        return []
    own = [(path, part)] if "type" in part or "properties" in part else []
    return own + [found for key in part for found in _objects(part[key], f"{path}/{key}")]
