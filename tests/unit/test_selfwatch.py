"""When a claim loop counts as stuck, and what is done about it."""

import os
import signal
import subprocess
import sys

from giveway.runtime.selfwatch import KILL_SECONDS, STUCK_SECONDS, Step, Watched, is_stopped
from tests.integration.worker.waiting import until


def _watched() -> Watched:
    return Watched("n", well=100.0)


def _judge(watched: Watched, *, at: float, tick: float = 0.0, excused: bool = False) -> Step:
    return watched.judge(now=100.0 + at, tick=100.0 + tick, excused=excused)


def test_a_loop_that_ticks_is_left_alone_for_ever() -> None:
    watched = _watched()
    steps = [_judge(watched, at=n, tick=n - STUCK_SECONDS + 0.1) for n in range(1, 300)]
    assert set(steps) == {Step.NONE}


def test_first_its_connection_is_closed_once_and_then_its_process_is_killed() -> None:
    watched = _watched()
    assert _judge(watched, at=STUCK_SECONDS - 0.1) is Step.NONE
    assert _judge(watched, at=STUCK_SECONDS) is Step.CUT
    assert _judge(watched, at=STUCK_SECONDS + 1) is Step.NONE
    assert _judge(watched, at=KILL_SECONDS - 0.1) is Step.NONE
    assert _judge(watched, at=KILL_SECONDS) is Step.KILL


def test_a_tick_after_the_cut_begins_the_time_anew() -> None:
    watched = _watched()
    assert _judge(watched, at=STUCK_SECONDS) is Step.CUT
    assert _judge(watched, at=STUCK_SECONDS + 1, tick=STUCK_SECONDS + 0.5) is Step.NONE
    assert _judge(watched, at=KILL_SECONDS, tick=STUCK_SECONDS + 0.5) is Step.NONE
    again = 2 * STUCK_SECONDS + 0.5
    assert _judge(watched, at=again, tick=STUCK_SECONDS + 0.5) is Step.CUT


def test_a_task_that_took_an_hour_leaves_the_loop_its_whole_time_afterwards() -> None:
    watched = _watched()
    assert _judge(watched, at=3600, excused=True) is Step.NONE
    assert _judge(watched, at=3600 + STUCK_SECONDS - 1) is Step.NONE
    assert _judge(watched, at=3600 + STUCK_SECONDS) is Step.CUT


def test_the_time_allows_for_a_wait_and_its_time_out() -> None:
    """An idle loop blocks for 5 s and its socket waits 5 s longer: neither may look stuck."""
    assert STUCK_SECONDS >= 20
    assert KILL_SECONDS - STUCK_SECONDS >= 10


def test_a_process_that_a_signal_has_stopped_is_recognised() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert not is_stopped(process.pid)
        os.kill(process.pid, signal.SIGSTOP)
        until(lambda: is_stopped(process.pid), what="a stopped process")
        os.kill(process.pid, signal.SIGCONT)
        until(lambda: not is_stopped(process.pid), what="a process that goes on")
        process.kill()
    assert not is_stopped(process.pid)
