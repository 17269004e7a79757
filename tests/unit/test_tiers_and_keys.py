"""Names that become part of keys are checked before they do."""

import pytest

from giveway.core.keys import QueueKeys, valid_id
from giveway.core.tiers import Control, check_tier_name, check_tiers
from giveway.errors import ConfigurationError


@pytest.mark.parametrize("name", ["high", "0", "a-b_c", "x" * 63])
def test_these_are_names_of_tiers(name: str) -> None:
    assert check_tier_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "High", "-a", "_a", "a b", "a:b", "{a}", "é", "x" * 64, 0, -1, True, None, "a\n"]
)
def test_these_are_not_and_the_message_shows_them(name: object) -> None:
    with pytest.raises(ConfigurationError) as error:
        check_tier_name(name)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "empty"),
        (["a", "b", "a"], "names a more than once"),
        ([f"t{n}" for n in range(33)], "33 tiers"),
        ("high,low", "one text"),
        (["a", "B"], "'B'"),
    ],
)
def test_a_wrong_list_of_tiers_says_what_is_wrong(names: list[str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        check_tiers(names)


def test_the_open_tiers_are_those_that_do_not_drain() -> None:
    assert Control(("a", "b", "c"), draining=frozenset("b")).open == ("a", "c")


@pytest.mark.parametrize("queue", ["", "a b", "{a}", "a:b", "-a", "x" * 64, "é", "a\n"])
def test_a_queue_that_could_forge_a_key_is_refused(queue: str) -> None:
    with pytest.raises(ConfigurationError, match="queue"):
        QueueKeys(queue)


@pytest.mark.parametrize(
    ("id", "valid"),
    [("a", True), ("A.b_c-9", True), ("x" * 128, True)]
    + [(id, False) for id in ("", "x" * 129, "a b", "a:b", "{a}", "é", "a\n", "a/b")],
)
def test_ids_are_of_few_characters(id: str, valid: bool) -> None:
    assert valid_id(id) is valid
