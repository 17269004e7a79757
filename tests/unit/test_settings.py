"""Settings: arguments, then environment, then defaults; one line for what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from giveway import ConfigurationError
from giveway.settings import Settings, load


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"GIVEWAY_{field.upper()}", raising=False)


def test_the_defaults_are_those_of_the_documentation() -> None:
    settings = load()
    assert settings.redis_url == "redis://127.0.0.1:6379/0"
    assert settings.tiers == ("high", "normal", "low")
    assert (settings.processes, settings.slots) == (1, 1)
    assert (settings.lease_seconds, settings.grace_seconds) == (30, 20)


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEWAY_SLOTS", "4")
    monkeypatch.setenv("GIVEWAY_PROCESSES", "2")
    settings = load(slots=8, processes=None)
    assert (settings.slots, settings.processes) == (8, 2)


def test_tiers_are_named_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEWAY_TIERS", "now, soon,later")
    monkeypatch.setenv("GIVEWAY_WORKER_TIERS", "now")
    settings = load()
    assert (settings.tiers, settings.worker_tiers) == (("now", "soon", "later"), ("now",))


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("LEASE_SECONDS", "1", "GIVEWAY_LEASE_SECONDS=1: should be greater than or equal to 2"),
        ("LEASE_SECONDS", "nan", "GIVEWAY_LEASE_SECONDS=nan"),
        ("PROCESSES", "two", "GIVEWAY_PROCESSES=two: should be a valid integer"),
        ("SLOTS", "0", "GIVEWAY_SLOTS=0: should be greater than or equal to 1"),
        ("GRACE_SECONDS", "-1", "GIVEWAY_GRACE_SECONDS=-1"),
        ("TIERS", "a,,b", "GIVEWAY_TIERS=a,,b: tier '' is not a valid name"),
        ("TIERS", "a,a", "GIVEWAY_TIERS=a,a: tiers names a more than once"),
        ("REDIS_URL", "", "GIVEWAY_REDIS_URL: "),
    ],
)
def test_a_bad_variable_is_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(f"GIVEWAY_{variable}", value)
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert str(caught.value).startswith(problem)
    assert "\n" not in str(caught.value)


def test_a_bad_argument_is_named_as_it_was_written() -> None:
    with pytest.raises(ConfigurationError, match=r"^slots=0: "):
        load(slots=0)


def test_an_address_with_a_password_is_never_shown() -> None:
    arguments: dict[str, Any] = {"redis_url": "redis://:secret@host/0"}
    assert "secret" not in repr(load(**arguments))
    with pytest.raises(ConfigurationError) as caught:
        load(redis_url=["redis://:secret@host/0"])
    assert "secret" not in str(caught.value)


def test_the_password_file_is_a_path() -> None:
    assert load(redis_password_file="/run/secret").redis_password_file == Path("/run/secret")


def test_other_variables_of_the_same_prefix_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEWAY_SOMETHING_ELSE", "1")
    load()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().slots = 3
