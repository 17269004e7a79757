"""Tests of a node of our own want that one: on a given cluster they are left out, aloud."""

import pytest

from tests.cluster.node.needs import missing
from tests.cluster.programs import given_context

_OWN = "test_leftovers.py"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reason = missing() if given_context() else None  # without a context its absence is an error
    own = [each for each in items if each.path.name == _OWN] if reason else []
    if own:
        config.hook.pytest_deselected(items=own)
        items[:] = [each for each in items if each not in own]
        config.stash[_LEFT_OUT] = f"LEFT OUT: {len(own)} tests of {_OWN}: {reason}"


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if line := config.stash.get(_LEFT_OUT, None):
        terminalreporter.write_line(line, red=True, bold=True)


_LEFT_OUT = pytest.StashKey[str]()
