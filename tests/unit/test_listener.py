"""The port: answers on every address, and never keeps a worker from working."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection

import pytest

from giveway.telemetry.listener import Answer, Asked, Listener


def free_port() -> int:
    with socket.create_server(("", 0)) as found:
        return int(found.getsockname()[1])


Serve = Callable[[Callable[[Asked], Answer]], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[Listener] = []

    def start(respond: Callable[[Asked], Answer]) -> int:
        port = free_port()
        listener = Listener(respond, port=port)
        listener.start()
        started.append(listener)
        return port

    yield start
    for one in started:
        one.stop()


def _get(
    port: int, path: str = "/", *, host: str = "127.0.0.1", method: str = "GET", **headers: str
) -> tuple[int, str | None, bytes]:
    connection = HTTPConnection(host, port, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.getheader("Content-Type"), response.read()
    finally:
        connection.close()


def test_it_answers_with_status_type_and_body(serve: Serve) -> None:
    port = serve(lambda asked: Answer(503, asked.path.encode(), "text/x"))
    assert _get(port, "/one?two") == (503, "text/x", b"/one")


def test_head_answers_without_a_body(serve: Serve) -> None:
    assert _get(serve(lambda _: Answer(200, b"body")), method="HEAD")[::2] == (200, b"")


def test_what_a_client_accepts_is_passed_on(serve: Serve) -> None:
    port = serve(lambda asked: Answer(200, f"{asked.accept}|{asked.accept_encoding}".encode()))
    assert _get(port, Accept="a/b", **{"Accept-Encoding": "gzip"})[2] == b"a/b|gzip"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "127.1.2.3"])
def test_it_listens_on_every_address(serve: Serve, host: str) -> None:
    assert _get(serve(lambda _: Answer(200, b"here")), host=host)[2] == b"here"


def test_a_client_that_says_nothing_keeps_nobody_from_being_answered(serve: Serve) -> None:
    port = serve(lambda _: Answer(200, b"here"))
    with socket.create_connection(("127.0.0.1", port)) as silent:
        silent.sendall(b"GET / HT")
        assert _get(port)[2] == b"here"


def test_an_answer_that_takes_long_keeps_nobody_waiting(serve: Serve) -> None:
    gate = threading.Event()

    def respond(asked: Asked) -> Answer:
        if asked.path == "/slow":
            assert gate.wait(10)
        return Answer(200, asked.path.encode())

    port = serve(respond)
    slow = threading.Thread(target=_get, args=(port, "/slow"))
    slow.start()
    assert _get(port, "/fast")[2] == b"/fast"
    gate.set()
    slow.join()


def test_a_fault_of_ours_is_an_answer_of_its_own_and_a_line_in_the_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    def respond(_: Asked) -> Answer:
        raise LookupError("nobody expected this")

    port = serve(respond)
    assert _get(port)[0] == 500
    assert "answer_failed" in [record.getMessage() for record in caplog.records]
    assert _get(port)[0] == 500


def test_a_port_that_is_taken_is_told_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as other:
        number = other.getsockname()[1]
        listener = Listener(lambda _: Answer(200, b""), port=number, setting="WHERE_METRICS_ARE")
        listener.start()
        listener.stop()
    (record,) = [one for one in caplog.records if one.getMessage() == "metrics_not_served"]
    assert record.levelno == logging.WARNING
    assert "set WHERE_METRICS_ARE to a free port" in str(vars(record)["giveway"])


def test_port_0_is_nowhere_and_stop_may_be_called_twice() -> None:
    before = threading.active_count()
    listener = Listener(lambda _: Answer(200, b""), port=0)
    listener.start()
    assert threading.active_count() == before
    listener.stop()
    listener.stop()


def test_after_stop_nobody_is_answered(serve: Serve) -> None:
    port = free_port()
    listener = Listener(lambda _: Answer(200, b"here"), port=port)
    listener.start()
    listener.start()
    assert _get(port)[2] == b"here"
    listener.stop()
    with pytest.raises(ConnectionRefusedError):
        _get(port)


def test_a_machine_without_a_thread_to_spare_does_not_end_the_listener(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = serve(lambda _: Answer(200, b"here"))
    assert _get(port)[2] == b"here"
    start = threading.Thread.start

    def none_left(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    for _ in range(20):  # more than there is room for
        with pytest.raises(ConnectionError):  # closed without an answer
            _get(port)
    monkeypatch.setattr(threading.Thread, "start", start)
    assert _get(port)[2] == b"here"
