"""Where no API server can be had: which tests are left out, and how to get them.

A pytest plugin, registered by tests/conftest.py. A test needs a server if it asks for one of the
fixtures below, directly or through another one. On a machine that can neither find nor build the
programs such tests are deselected and named at the end of the run. In CI they stay, and fail: a
run that silently tested less than the one before it is worse than none. Building happens here,
before the first test, so that no test's time-out counts the minutes.
"""

import os
import time
from functools import cache
from itertools import chain

import pytest

from tests.cluster.build import Unavailable
from tests.cluster.components import API_SERVER, CONTROLLED, INSTALLER
from tests.cluster.programs import HOW_TO_GET, given_context, provide, to_build, unavailable

FIXTURES = {
    "controllers": CONTROLLED,
    "control_plane": API_SERVER,
    "cluster": API_SERVER,
    "helm": INSTALLER,
}
_FROM_WORKER = "giveway_left_out"  # a key of xdist's workeroutput: workers do not print


class LeftOut:
    """One in each process of a run; the one that prints hears from the others."""

    def __init__(self) -> None:
        self.tests: dict[str, str] = {}  # and why

    @pytest.hookimpl(trylast=True)  # after -k and -m: nothing is built for what nobody runs
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        names = {name for item in items for name in needs(item)}
        if given_context():  # which stands in for what cannot be built (see `sharing`)
            still = INSTALLER if unavailable(API_SERVER) else (*API_SERVER, *INSTALLER)
            names &= set(still)
        elif not os.environ.get("CI"):
            self._leave_out(config, items)
            names = {name for item in items for name in needs(item)}
        wanted = to_build(sorted(names))
        if wanted and not config.option.collectonly:
            _build(config, wanted)

    def _leave_out(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        reasons = [(item, _unavailable(needs(item))) for item in items]
        left_out = {item.nodeid: reason for item, reason in reasons if reason}
        if left_out:
            self.tests = left_out
            config.hook.pytest_deselected(items=[item for item, reason in reasons if reason])
            items[:] = [item for item, reason in reasons if not reason]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_FROM_WORKER] = self.tests

    @pytest.hookimpl(optionalhook=True)  # of xdist
    def pytest_testnodedown(self, node: object) -> None:
        self.tests |= getattr(node, "workeroutput", {}).get(_FROM_WORKER, {})

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.tests:
            return
        write = terminalreporter.write_line
        terminalreporter.section("left out", sep="!", red=True, bold=True)
        write(f"{len(self.tests)} tests were LEFT OUT: there is no API server for them.", red=True)
        for reason in sorted(set(self.tests.values())):
            write(f"  {reason}")
        for file in sorted({test.partition("::")[0] for test in self.tests}):
            write(f"  {file}: {sum(test.startswith(f'{file}::') for test in self.tests)}")
        write(f"To run them: {HOW_TO_GET}.")


def needs(item: pytest.Item) -> tuple[str, ...]:
    """The programs without which a test cannot run."""
    asked = getattr(item, "fixturenames", ())
    found = chain.from_iterable(FIXTURES[name] for name in FIXTURES if name in asked)
    return tuple(dict.fromkeys(found))


@cache
def _unavailable(names: tuple[str, ...]) -> str | None:
    return unavailable(names)


def _build(config: pytest.Config, names: list[str]) -> None:
    """A build that fails is told here, and again by the fixture of each test that needed it."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            provide(names, say=_say)
        except Unavailable as reason:
            _say(str(reason))


def _say(line: str) -> None:
    os.write(2, f"{time.strftime('%H:%M:%S')} {line}\n".encode())  # a worker has no stdout
