"""The public API is `giveway/__init__.py`. Its names are pinned in tests/unit/test_public_api.py.

Here is what must hold of them whatever they are.
"""

import inspect

import pytest

import giveway
from giveway import errors


def test_every_error_can_be_caught_by_its_public_name() -> None:
    raised = {
        name
        for name, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, BaseException) and each.__module__ == errors.__name__
    }
    assert raised - set(giveway.__all__) == set()


def test_nothing_else_looks_public() -> None:
    visible = {
        name
        for name, value in vars(giveway).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert visible - set(giveway.__all__) == set()


@pytest.mark.parametrize("name", giveway.__all__)
def test_every_public_name_explains_itself(name: str) -> None:
    assert inspect.getdoc(getattr(giveway, name))
