"""The operator's settings: where they come from, and what is said of bad ones."""

import pytest

from giveway.errors import ConfigurationError
from giveway_operator import settings


def test_arguments_win_over_the_environment_which_wins_over_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GIVEWAY_OPERATOR_NAMESPACES", "shop, packaging")
    monkeypatch.setenv("GIVEWAY_OPERATOR_POLL_SECONDS", "5")

    made = settings.load(poll_seconds=3.0, log=None)

    assert (made.namespaces, made.poll_seconds, made.log) == (("shop", "packaging"), 3.0, "text")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NAMESPACES", "Shop", "'Shop' is no name in Kubernetes"),
        ("LEASE_NAME", "a_b", "'a_b' is no name in Kubernetes"),
        ("POLL_SECONDS", "soon", "should be a valid number"),
        ("POLL_SECONDS", "0", "greater than or equal to 0.2"),
        ("WATCH_SECONDS", "60.5", "should be a valid integer"),
        ("LOG", "xml", "'text' or 'json'"),
        ("METRICS_PORT", "70000", "less than or equal to 65535"),
    ],
)
def test_a_bad_value_is_one_line_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"GIVEWAY_OPERATOR_{name}", value)

    with pytest.raises(ConfigurationError) as refused:
        settings.load()

    told = str(refused.value)
    assert told.startswith(f"GIVEWAY_OPERATOR_{name}={value}: ")
    assert said in told
    assert "\n" not in told
