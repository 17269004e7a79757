"""The live screen of the demo, read from a terminal of 80 columns by 24 lines."""

import errno
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.command_line import SCRIPT, CommandLine

pytestmark = pytest.mark.timeout(240)  # as long as test_demo.py

COLUMNS, LINES = 80, 24
HOME, ENTER, LEAVE, SHOW_CURSOR = "\x1b[H", "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"
STYLE = re.compile(r"\x1b\[[0-9;]*m")
OTHER = re.compile(r"\x1b\[\??[0-9;]*[a-zA-Z]")


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Everything that one demo wrote to its terminal."""
    folder = tmp_path_factory.mktemp("demo")
    others = {"GIVEWAY_PREEMPTION": "false", "GIVEWAY_WORKER_TIERS": "high"}  # not for the demo
    shell = CommandLine(folder, {"TMPDIR": str(folder), "TERM": "xterm-256color", **others})
    variables = {k: v for k, v in shell.environment.items() if k not in {"COLUMNS", "LINES"}}
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    with subprocess.Popen(
        [SCRIPT, "demo", "--channels", "40", "--picture", "demo.svg"],
        cwd=folder,
        env=variables,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as demo:
        os.close(theirs)
        written = b"".join(read_all(ours)).decode()
        os.close(ours)
        assert demo.wait(30) == 0, written
    assert_picture(folder / "demo.svg")
    return written


def read_all(end: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(end, 65536)
        except OSError as error:
            if (
                error.errno == errno.EIO
            ):  # so Linux says that the other side has closed its terminal
                return
            raise
        if not data:
            return
        yield data


def assert_picture(path: Path) -> None:
    picture = path.read_text().replace("&#160;", " ")
    assert "giveway demo" in picture
    assert "url(" not in picture.replace("url(#", "")
    assert "below it, waiting in memory" in picture


def frames(written: str) -> list[list[str]]:
    """The screens, one after another, as lines of plain text."""
    _, _, live = written.partition(ENTER)
    live, _, _ = live.partition(LEAVE)
    shown = [OTHER.sub("", STYLE.sub("", frame)) for frame in live.split(HOME)[1:]]
    return [frame.replace("\r", "").split("\n") for frame in shown if frame.strip()]


def test_the_terminal_is_left_as_it_was_found(terminal: str) -> None:
    assert terminal.count(ENTER) == terminal.count(LEAVE) == 1
    assert terminal.rindex(SHOW_CURSOR) > terminal.index(ENTER)
    assert "every check passed" in STYLE.sub("", terminal.partition(LEAVE)[2])


def test_every_frame_fits_the_terminal(terminal: str) -> None:
    shown = frames(terminal)
    assert len(shown) > 20
    assert {len(frame) for frame in shown} == {LINES}
    assert max(len(line.rstrip()) for frame in shown for line in frame) <= COLUMNS


def test_it_shows_which_batch_waits_below_which_urgent_package(terminal: str) -> None:
    rows = [line for frame in frames(terminal) for line in frame]
    row = re.compile(r"│ \d+ +build_one, package 9\d\d +build_all, package \d+ +│")
    assert any(row.match(line) for line in rows)


def test_it_shows_tiers_progress_and_what_happened(terminal: str) -> None:
    first_act = [frame for frame in frames(terminal) if "1/3" in frame[0]]
    waiting = re.compile(r"│ high +[1-9]\d* ")
    assert any(waiting.match(line) for frame in first_act for line in frame)
    assert re.search(r"packages ━+╸?━* +40/40 +urgent 15/15", "\n".join(first_act[-1]))
    told = "\n".join(line for frame in first_act for line in frame)
    assert "wanted now: 3 packages" in told
    assert "gives way" in told
    assert re.search(r"kill -9 \d+", told)
    assert "in another process" in told
