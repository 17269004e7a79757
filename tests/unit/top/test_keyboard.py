"""Keys on a real terminal, and a terminal that is given back however its user ends."""

import os
import pty
import select
import signal
import termios
import threading
from collections.abc import Iterator

import pytest

from giveway.cli.interrupts import stopped_by_signals
from giveway.cli.top.keyboard import Keyboard, keys

LONG = 30.0  # a wait that must end by itself


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"q", ["q"]),
        (b"jjk", ["j", "j", "k"]),
        (b"\x1b[A\x1b[Bq", ["up", "down", "q"]),
        (b"\x1bOA\x1bOB", ["up", "down"]),
        (b"\x1b", ["escape"]),
        (b"\x1bq", ["escape", "q"]),
        (b"\x1b[15~p", ["p"]),
        (b"\x1b[1;5A", []),
        (b"\x1b[200~q", ["q"]),
        ("é?".encode(), ["é", "?"]),
        (b"\xff\x00\r", []),
        (b"p\x1b[Br", ["p", "down", "r"]),
        (b"\x1b[", []),
    ],
)
def test_bytes_are_keys(data: bytes, found: list[str]) -> None:
    assert keys(data) == found


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Our end, where keys are typed, and the program's."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def settings(fd: int) -> list[object]:
    return list(termios.tcgetattr(fd))


def test_keys_come_at_once_and_without_an_echo(terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    with Keyboard(theirs) as keyboard:
        assert not int(termios.tcgetattr(theirs)[3]) & (termios.ECHO | termios.ICANON)
        os.write(ours, b"p")
        assert keyboard.wait(LONG) == ["p"]
        assert keyboard.wait(0) == []


def test_a_ring_ends_a_wait_from_another_thread(terminal: tuple[int, int]) -> None:
    with Keyboard(terminal[1]) as keyboard:
        threading.Thread(target=keyboard.ring).start()
        assert keyboard.wait(LONG) == []
        for _ in range(100_000):  # more than a pipe holds: it rings already
            keyboard.ring()
        assert keyboard.wait(LONG) == []


@pytest.mark.parametrize("end", ["error", "SIGINT", "SIGTERM", "SIGHUP"])
def test_the_terminal_is_given_back(terminal: tuple[int, int], end: str) -> None:
    before = settings(terminal[1])

    def use() -> None:
        with stopped_by_signals(), Keyboard(terminal[1]):
            assert settings(terminal[1]) != before
            if end.startswith("SIG"):
                signal.raise_signal(signal.Signals[end])
            raise RuntimeError(end)

    with pytest.raises(RuntimeError if end == "error" else KeyboardInterrupt):
        use()
    assert settings(terminal[1]) == before


def test_a_ring_after_the_end_does_nothing(terminal: tuple[int, int]) -> None:
    with Keyboard(terminal[1]) as keyboard:
        pass
    reused = [os.dup(terminal[0]) for _ in range(4)]  # the numbers of what was closed
    keyboard.ring()
    for each in reused:
        os.close(each)
    assert select.select([terminal[1]], [], [], 0)[0] == []


def test_keys_that_nobody_has_read_are_not_typed_into_the_shell(
    terminal: tuple[int, int],
) -> None:
    ours, theirs = terminal
    with Keyboard(theirs):
        os.write(ours, b"rm -r precious\n")
        assert select.select([theirs], [], [], LONG)[0] == [theirs]
    os.write(ours, b"next\n")
    assert os.read(theirs, 100) == b"next\n"


def test_ctrl_z_does_not_stop_a_program_that_holds_the_terminal(
    terminal: tuple[int, int],
) -> None:
    with Keyboard(terminal[1]):
        assert termios.tcgetattr(terminal[1])[6][termios.VSUSP] == b"\x00"
        assert int(termios.tcgetattr(terminal[1])[3]) & termios.ISIG, "Ctrl-C stays a signal"


def test_a_terminal_that_is_gone_ends_the_wait() -> None:
    ours, theirs = pty.openpty()
    with Keyboard(theirs) as keyboard:
        os.close(ours)
        with pytest.raises(EOFError):
            keyboard.wait(LONG)
    os.close(theirs)
