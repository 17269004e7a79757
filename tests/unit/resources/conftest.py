"""An exchange of the test's own, resources of it, and a clock that goes on when it is told to."""

from collections.abc import Callable

import pytest

from giveway import Giveway, Resource
from giveway.runtime import care, stock
from tests.unit.resources.lines import Clock, Exchange, Line


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (care, stock):
        monkeypatch.setattr(module, "monotonic", made)
    return made


@pytest.fixture
def resource(exchange: Exchange) -> Callable[..., Resource[Line]]:
    app = Giveway("resources")
    return lambda **options: app.resource(exchange, **options)
