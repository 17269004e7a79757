"""`app.resource`: a wrong option is said where it is written."""

from typing import Any

import pytest

from giveway import ConfigurationError, Giveway
from tests.unit.resources.lines import Line, Make


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_idle": 0}, "max_idle=0 is not possible; it takes a number of seconds above 0"),
        ({"max_age": "1h"}, "max_age='1h' is not possible"),
        ({"max_age": True}, "max_age=True is not possible"),
        ({"per": "thread"}, 'per=\'thread\' is not possible; it takes "slot" or "process"'),
        ({"check": "select 1"}, "check='select 1' is not possible; it takes a function"),
        ({"idle": 3}, "there is no option idle=; there are name, per, max_idle"),
        ({"per": "process", "reset": print}, 'reset= needs per="slot"'),
    ],
)
def test_a_wrong_option_is_said_where_it_is_written(
    resource: Make, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resource(name="the ledger", **options)
    assert str(caught.value).startswith("the ledger: ")
    assert said in str(caught.value)


def test_what_is_no_factory_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"give it a function that makes one"):
        Giveway("resources").resource(Line(0))  # type: ignore[call-overload]


def test_a_lambda_is_called_by_its_place() -> None:
    db = Giveway("resources").resource(lambda: Line(0))
    assert repr(db).startswith("<the resource of ")
    assert "test_options, line" in repr(db)
