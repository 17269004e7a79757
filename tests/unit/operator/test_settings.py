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


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("POLL_SECOND", "did you mean GIVEWAY_OPERATOR_POLL_SECONDS?"),
        ("LOGLEVEL", "did you mean GIVEWAY_OPERATOR_LOG_LEVEL?"),
        ("NAMESPACE", "did you mean GIVEWAY_OPERATOR_NAMESPACES?"),
        ("COLOUR", "docs/operator.md lists them"),
    ],
)
def test_a_variable_that_is_no_setting_is_told_with_the_nearest_name(name: str, told: str) -> None:
    name = f"GIVEWAY_OPERATOR_{name}"

    assert settings.misspelt({name: "1", "PATH": "/bin"}) == [
        f"{name} is no setting and counts for nothing: {told}"
    ]


def test_settings_and_what_a_pod_is_told_of_services_are_not_misspelt() -> None:
    """Of Services named giveway-operator and giveway-operator-webhook."""
    told = {
        "SERVICE_HOST": "10.0.0.1",
        "SERVICE_PORT": "9401",
        "SERVICE_PORT_METRICS": "9401",
        "PORT": "tcp://10.0.0.1:9401",
        "PORT_9401_TCP": "tcp://10.0.0.1:9401",
        "PORT_9401_TCP_ADDR": "10.0.0.1",
        "WEBHOOK_SERVICE_HOST": "10.0.0.1",
        "WEBHOOK_PORT": "tcp://10.0.0.1:443",
    }
    fields = {field.upper(): "1" for field in settings.OperatorSettings.model_fields}
    given = {f"GIVEWAY_OPERATOR_{name}": value for name, value in (told | fields).items()}

    assert settings.misspelt(given) == []
    assert settings.misspelt({"giveway_operator_poll_seconds": "1", "GIVEWAY_QUEUE": "a"}) == []
    assert len(settings.misspelt({"GIVEWAY_OPERATOR_METRIC_PORT": "9401"})) == 1
