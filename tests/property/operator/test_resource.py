"""Whatever stands in a resource: it is read, or refused in words; and both readers agree.

Two readers judge a field by itself: pydantic, which makes the values, and `admission`, which speaks
as the API server does. What one refuses and the other lets pass would be a mistake without words,
or words about nothing.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from giveway_operator.crd.check import check
from giveway_operator.model import InvalidResource, PriorityQueue
from giveway_operator.model.admission import refused, spec_schema, without_nulls
from giveway_operator.model.partly import broken_as_known
from giveway_operator.model.rules import RULES
from giveway_operator.model.schema import Schema
from tests.priorityqueues.documents import changed, from_template, on_deployment
from tests.priorityqueues.yaml_text import as_yaml

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
NEAR = st.sampled_from(
    [
        *(-1, 0, 1, 2, 10, 15, 16, 63, 64, 5000, 5001, 0.5, 1e-9, 2592000, 2592000.5, 1e300),
        *("", "a", "high", "a" * 63, "a" * 64, "a\n", "A", "-a", "a.b", "a/b", "1", "1Gi", "ä"),
        *(True, None, [], {}, [None], ["high"], {"name": "a"}, {"cpu": 1}, [{"name": "A"}] * 2),
    ]
)


def _paths(schema: Schema, path: str) -> list[str]:
    found = [path]
    for name, one in schema.get("properties", {}).items():
        found += _paths(one, f"{path}.{name}")
    return found


PATHS = [*_paths(spec_schema(), "spec"), "spec.tiers[0]", "spec.tiers[1].sloSeconds"]
PATHS += [
    f"spec.tiers[0].{name}" for name in ("name", "sloSeconds", "expectedSeconds", "maxLength")
]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A right resource with a few places changed."""
    base = draw(st.sampled_from([on_deployment(), from_template()]))
    for path in draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)):
        try:
            base = changed(base, {path: draw(NEAR | JSON)})
        except (TypeError, KeyError, IndexError, AttributeError):
            continue  # an earlier change has put something else where this one goes
    return base


def _errors(document: object) -> InvalidResource | None:
    try:
        PriorityQueue.parse(document)  # type: ignore[arg-type]
    except InvalidResource as error:
        return error
    return None


@given(documents())
def test_a_document_is_read_or_refused_in_the_words_of_the_api_server(
    document: dict[str, Any],
) -> None:
    told = refused(without_nulls(document))
    error = _errors(document)
    if told:
        # An entry that stands twice is the API server's to refuse; to us the last one counts.
        doubled = all(one.message.startswith("Duplicate") for one in told)
        assert doubled or (error is not None and list(error.problems) == told)
    elif error is not None:
        assert all(one.message for one in error.problems)
        assert not any("Input should" in one.message for one in error.problems), error


@given(JSON)
def test_whatever_is_read_nothing_but_one_kind_of_error_comes_of_it(document: Any) -> None:
    error = _errors(document)
    assert error is not None
    assert str(error)


@given(st.text() | st.text("{}[]:,-&*!?|>#'\"%@` \n\tab01.<~", max_size=40))
def test_whatever_stands_in_a_file_is_looked_at_to_the_end(text: str) -> None:
    found = check(text)
    assert all(one.message and one.line >= 1 for one in found.problems)


@given(documents())
def test_a_file_is_right_exactly_if_its_resource_can_be_read(document: dict[str, Any]) -> None:
    told = refused(without_nulls(document))
    found = check(as_yaml(document))
    unknown = [one for one in found.problems if one.message.startswith("unknown field")]
    assert bool(found.right) == (not told and not unknown and _errors(document) is None)


@given(documents())
def test_what_is_read_means_the_same_when_it_is_written_down_and_read_again(
    document: dict[str, Any],
) -> None:
    if _errors(document) is None:
        queue = PriorityQueue.parse(document)
        again = queue.model_dump(mode="json", by_alias=True)
        assert PriorityQueue.parse(again).spec == queue.spec


@given(documents())
def test_where_no_field_is_wrong_the_rules_say_the_same_of_the_document_as_of_its_parts(
    document: dict[str, Any],
) -> None:
    cleaned = without_nulls(document)
    found = list(broken_as_known(RULES, cleaned, of=PriorityQueue, wrong=refused(cleaned)))

    error = _errors(document)
    told = () if error is None else error.problems
    if not refused(cleaned):
        assert found == [one for one in told if not one.field.startswith("metadata.annotations")]


@given(st.fixed_dictionaries({"metadata": JSON, "spec": JSON}))
def test_of_whatever_stands_there_the_rules_raise_nothing(document: Any) -> None:
    cleaned = without_nulls(document)
    for one in broken_as_known(RULES, cleaned, of=PriorityQueue, wrong=refused(cleaned)):
        assert one.message
