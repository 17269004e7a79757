"""What `helm test` runs, against a real operator's answer, a real queue and a real worker."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from giveway import Giveway
from giveway.testing import EmbeddedServer, drain
from tests.chart.helm import Helm, container

PLACE = Path(sys.executable).parent  # of `giveway`, as the image has it on its PATH


@pytest.fixture
def script(helm: Helm) -> list[str]:
    """The pod's command, with this Python."""
    made = container(helm.render().one("Pod"))
    assert made["command"] == ["python3", "-c"]
    return [sys.executable, "-c", *made["args"]]


def run(script: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{PLACE}:{os.environ['PATH']}", **variables}
    return subprocess.run(script, env=env, capture_output=True, text=True, timeout=60, check=False)


def task(queue: str, server: EmbeddedServer, *, seconds: float = 30) -> dict[str, str]:
    return {
        "TASK": "double",
        "ARGUMENTS": '{"number": 21}',
        "TIER": "high",
        "TIMEOUT_SECONDS": str(seconds),
        "GIVEWAY_QUEUE": queue,
        "GIVEWAY_REDIS_URL": server.url,
    }


@contextmanager
def answering(status: int) -> Iterator[str]:
    """Something that answers as an operator does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    with HTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


@pytest.fixture
def app(queue: str, server: EmbeddedServer) -> Giveway:
    return Giveway(queue, redis_url=server.url)


def test_an_operator_that_is_ready_passes(script: list[str]) -> None:
    with answering(200) as url:
        done = run(script, OPERATOR=url)
    assert (done.returncode, done.stdout) == (0, "the operator is ready\n")


def test_an_operator_that_is_not_fails(script: list[str]) -> None:
    with answering(503) as url:
        done = run(script, OPERATOR=url)
    assert done.returncode != 0
    assert "503" in done.stderr


@contextmanager
def working(app: Giveway) -> Iterator[None]:
    """Somebody who does what comes."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            drain(app, wait_seconds=0.1)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_task_that_gets_done_passes(
    script: list[str], app: Giveway, queue: str, server: EmbeddedServer
) -> None:
    @app.task(tier="high")
    def double(number: int) -> int:
        return 2 * number

    with working(app):
        done = run(script, **task(queue, server))
    assert done.returncode == 0, done.stderr
    assert '"result": 42' in done.stdout


def test_a_task_that_fails_fails(
    script: list[str], app: Giveway, queue: str, server: EmbeddedServer
) -> None:
    @app.task(tier="high", retry=None)
    def double(number: int) -> int:
        raise ValueError(f"not {number}")

    with working(app):
        done = run(script, **task(queue, server))
    assert done.returncode == 1
    assert "not 21" in done.stdout


def test_without_a_worker_it_ends_and_says_so(
    script: list[str], queue: str, server: EmbeddedServer
) -> None:
    done = run(script, **task(queue, server, seconds=0.1))
    assert done.returncode == 1
    assert "is still waiting after 0.1 s: has it a worker?" in done.stderr


def test_what_cannot_be_enqueued_is_told(script: list[str], queue: str) -> None:
    done = run(script, TASK="double", ARGUMENTS="{", TIER="high", TIMEOUT_SECONDS="1")
    assert done.returncode != 0
    assert "giveway:" in done.stderr
