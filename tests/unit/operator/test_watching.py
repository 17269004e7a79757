"""What kopf says goes on only where it is a surprise; answers of the API server get our words."""

import logging
from collections.abc import Iterator

import pytest

from giveway_operator.watching import Told, explained

WATCHER = logging.getLogger("kopf._core.reactor.orchestration")
ROOT = logging.getLogger("kopf._core.reactor.running")
CALLS = logging.getLogger("kopf._cogs.clients.watching")


class Answer(Exception):
    """As kopf's APIError."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message, {"code": status})
        self.status, self.message = status, message


class Lines(logging.Handler):
    """What reaches the handlers of the program; pytest's own also hears what is held back."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(one.levelname, one.getMessage()) for one in self.records]


@pytest.fixture
def written() -> Iterator[Lines]:
    made = Lines()
    logging.getLogger().addHandler(made)
    yield made
    logging.getLogger().removeHandler(made)


@pytest.fixture
def told() -> Iterator[Told]:
    made = Told()
    made.listen()
    yield made
    made.leave()


def ended(error: Exception, *, by: logging.Logger) -> None:
    try:
        raise error
    except type(error) as raised:
        by.exception(f"Watcher has failed: {raised}")


def test_an_answer_that_ends_several_of_kopfs_tasks_is_one_line(told: Told, written: Lines) -> None:
    error = Answer(500, "etcd is away")
    CALLS.error(f"Request attempt #4/4 failed; escalating: GET … -> {error!r}")
    for logger in (WATCHER, ROOT):
        ended(error, by=logger)
    told.ended(error)

    assert written.said == [("WARNING", "watch_ended")]
    assert written.records[0].giveway == {  # type: ignore[attr-defined]
        "message": "watch priorityqueues: etcd is away"
    }
    told.ended(Answer(500, "etcd is away"))
    assert len(written.records) == 2


def test_what_nobody_foresaw_is_written_as_kopf_said_it(told: Told, written: Lines) -> None:
    ended(ValueError("no JSON"), by=WATCHER)
    WATCHER.error("Event processing has failed")

    assert written.said == [
        ("ERROR", "Watcher has failed: no JSON"),
        ("ERROR", "Event processing has failed"),
    ]
    assert written.records[0].exc_info is not None
    told.ended(ValueError("no JSON"))
    assert written.said[-1] == ("ERROR", "watch_ended")


@pytest.mark.usefixtures("told")
def test_after_its_end_kopf_speaks_for_itself(told: Told, written: Lines) -> None:
    told.leave()
    ended(Answer(500, "etcd is away"), by=WATCHER)

    assert [level for level, _ in written.said] == ["ERROR"]


def test_warnings_of_kopf_are_about_what_is_ours(written: Lines) -> None:
    ROOT.warning("OS signals are ignored")
    assert written.said == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            Answer(
                403,
                'priorityqueues.giveway.dev is forbidden: User "me" cannot watch resource '
                '"priorityqueues" in API group "giveway.dev" at the cluster scope',
            ),
            "watch priorityqueues in all namespaces is forbidden: "
            'add {apiGroups: ["giveway.dev"], resources: ["priorityqueues"], verbs: ["watch"]} '
            "to the operator's role",
        ),
        (Answer(403, "a proxy says no"), "a proxy says no"),
        (ConnectionRefusedError(111, "refused"), "watch priorityqueues: [Errno 111] refused"),
        (TimeoutError(), "watch priorityqueues: TimeoutError"),
    ],
)
def test_a_failure_is_one_line_that_says_what_would_mend_it(error: Exception, said: str) -> None:
    assert explained(error) == said
