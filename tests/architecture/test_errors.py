"""The tree that errors.py draws is the tree that it builds."""

import inspect
import re

from giveway import errors


def drawn_trees() -> dict[str, str | None]:
    """Each class in the module's drawing with the one that it hangs under."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        drawn = re.match(r"^ {4}((?:│   |    )*)((?:├── |└── )?)(\w+)(?: {2,}.*)?$", line)
        if drawn is None:
            continue
        depth = len(drawn[1]) // 4 + bool(drawn[2])
        path[depth:] = [drawn[3]]
        parents[drawn[3]] = path[depth - 1] if depth else None
    return parents


def real_classes() -> dict[str, type[BaseException]]:
    return {
        name: each
        for name, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, BaseException) and each.__module__ == errors.__name__
    }


def test_every_class_is_drawn_under_its_parent() -> None:
    built = {name: each.__bases__[0] for name, each in real_classes().items()}
    tree = {
        name: parent.__name__ if parent.__name__ in built else None
        for name, parent in built.items()
    }
    assert drawn_trees() == tree


def test_a_second_parent_is_mentioned() -> None:
    drawing = errors.__doc__ or ""
    for name, each in real_classes().items():
        for also in each.__bases__[1:]:
            line = next(line for line in drawing.splitlines() if re.search(rf"\b{name}\b", line))
            assert f"also a {also.__name__}" in line


def test_an_interrupt_passes_an_except_of_exceptions() -> None:
    # A task's own `except Exception` must not swallow the request to stop.
    assert not issubclass(errors.Interrupt, Exception)


def test_every_class_says_what_it_means() -> None:
    assert [name for name, each in real_classes().items() if not each.__doc__] == []
