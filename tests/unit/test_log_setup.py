"""What a worker does to Python's `logging`, in a process of its own each time."""

import json
import os
import pty
import subprocess
import sys
import textwrap

BEFORE = """
import io, logging, logging.config, sys
from giveway.telemetry import logs
from giveway.telemetry.events import Subject, event

def configure(style, level="INFO"):
    task = Subject("0d1o8s", "build_one", "high", 1, 7)
    logs.configure(style, level, running=lambda: task, constants={"queue": "q"})
"""


def run(program: str, *, stderr: int = subprocess.PIPE) -> str:
    """What it writes to standard error."""
    source = BEFORE + textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-c", source], stderr=stderr, text=True, check=True)
    return done.stderr or ""


def test_without_a_word_of_the_app_lines_for_people_go_to_standard_error() -> None:
    (event, line) = run("""
        configure(None)
        event("draining")
        logging.getLogger("shop").info("hello")
        logging.getLogger("shop").debug("not this")
    """).splitlines()
    assert " INFO    draining" in event
    assert " INFO    shop: hello id=0d1o8s task=build_one" in line


def test_an_app_that_has_set_up_logging_keeps_it_and_hears_of_events() -> None:
    lines = run("""
        logging.basicConfig(format="%(levelname)s %(giveway_id)s %(message)s")
        configure(None)
        event("draining")
        logging.getLogger("shop").warning("low on paper")
        logging.getLogger("shop").info("below the app's own level")
    """).splitlines()
    assert lines == ["INFO 0d1o8s draining", "WARNING 0d1o8s low on paper"]


def test_a_style_that_is_asked_for_replaces_what_writes_to_the_terminal_only() -> None:
    lines = run("""
        kept = logging.StreamHandler(io.StringIO())
        logging.basicConfig(handlers=[logging.StreamHandler(), kept], level="DEBUG")
        configure("json")
        logging.getLogger("shop").debug("for the file")
        logging.getLogger("shop").info("for both")
        print(kept.stream.getvalue().split("\\n"), file=sys.stderr)
    """).splitlines()
    assert json.loads(lines[0]) | {"pid": 0, "time": ""} == {
        "time": "",
        "level": "info",
        "logger": "shop",
        "message": "for both",
        "id": "0d1o8s",
        "task": "build_one",
        "tier": "high",
        "attempt": 1,
        "fence": 7,
        "queue": "q",
        "pid": 0,
    }
    assert lines[1:] == ["['DEBUG:shop:for the file', 'INFO:shop:for both', '']"]


def test_events_are_heard_after_a_configuration_that_disables_what_was_there() -> None:
    lines = run("""
        logging.config.dictConfig({
            "version": 1,
            "handlers": {"all": {"class": "logging.StreamHandler"}},
            "root": {"handlers": ["all"]},
        })
        configure(None)
        event("draining")
    """).splitlines()
    assert lines == ["draining"]


def test_a_program_may_still_add_whatever_it_likes_to_its_lines() -> None:
    (line,) = run("""
        configure("json")
        logging.getLogger("shop").info("x", extra={"id": 1, "task": "own", "queue": "mine"})
    """).splitlines()
    assert json.loads(line)["extra"] == {"id": 1, "task": "own", "queue": "mine"}
    assert json.loads(line)["queue"] == "q"


def test_a_task_that_redirects_standard_error_does_not_take_the_log_along() -> None:
    (line,) = run("""
        import contextlib
        configure(None)
        with contextlib.redirect_stderr(io.StringIO()):
            event("draining")
    """).splitlines()
    assert "draining" in line


def test_a_task_that_was_interrupted_while_it_logged_holds_nobody_up() -> None:
    (line,) = run("""
        import os, threading
        configure(None)
        (ours,) = logging.getLogger().handlers
        ours.acquire()
        speaks = threading.Thread(target=event, args=("draining",), daemon=True)
        speaks.start()
        speaks.join(10)
        os._exit(0)  # as a child does
    """).splitlines()
    assert "draining" in line


def test_nothing_fails_when_nobody_reads_the_log() -> None:
    run("""
        import os
        configure("json")
        os.close(2)
        event("draining")
    """)


def test_lines_of_several_processes_do_not_run_into_each_other() -> None:
    """Up to 4 KiB: what a pipe promises, and longer than what Giveway itself writes."""
    lines = run("""
        import os
        configure("json")
        children = []
        for n in range(4):
            if not (pid := os.fork()):
                for _ in range(100):
                    event("long", text=str(n) * 3_800)
                os._exit(0)
            children.append(pid)
        for pid in children:
            os.waitpid(pid, 0)
    """).splitlines()
    assert len(lines) == 400
    assert {len(set(json.loads(line)["text"])) for line in lines} == {1}


def test_colours_are_used_on_a_terminal_unless_it_is_asked_not_to() -> None:
    assert b"\x1b[1mdraining" in on_a_terminal("")
    assert b"\x1b[" not in on_a_terminal("import os; os.environ['NO_COLOR'] = '1'")


def on_a_terminal(first: str) -> bytes:
    ours, theirs = pty.openpty()
    try:
        run(f"{first}\nconfigure(None)\nevent('draining')", stderr=theirs)
        return os.read(ours, 4096)
    finally:
        os.close(ours)
        os.close(theirs)
