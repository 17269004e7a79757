"""TLS and mutual TLS with whole programs, and every way in which it can be wrong: in one line."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from giveway import Giveway
from giveway.testing import embedded_server
from tests.faults.network.secure import (
    HOST,
    Authority,
    Secure,
    Variables,
    secure_server,
    variables,
)
from tests.integration.command_line import CommandLine
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop


@pytest.fixture
def redis_url(secure: Secure) -> str:
    """The plain port of the same server, for the test's own looks."""
    return secure.server.url


def test_worker_producer_and_command_line_speak_mutual_tls_on_every_connection(
    shop: Shop,
    worker: StartWorker,
    ours: Authority,
    secure: Secure,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = variables(secure.url, ca=ours.ca_file, papers=ours.papers("me", "worker.example"))
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    app = Giveway(shop.queue)  # from the environment, as an application would
    step = app.task(name="step")(lambda value: value)
    waiting = step.enqueue(value=4)
    owner = worker(url=secure.url, env=given, processes=2).event("started")["owner"]
    assert waiting.result(20) == 4
    batch = shop.put("items", 20, "sleep:0.002", {"9": "hold:gate"})
    shop.held(batch)
    clients = shop.redis.client_list()
    secured = [one for one in clients if one["laddr"] == f"{HOST}:{secure.port}"]
    roles = {one["name"].rpartition(":")[2].rpartition("-")[2] for one in secured}
    assert roles == {"supervisor", "claim", "work", "producer"}
    plain = [one["name"] for one in clients if one not in secured]
    assert not any(owner in name for name in plain)
    shop.open("gate")
    assert batch.result(20) == 20
    said = CommandLine(tmp_path, given | {"GIVEWAY_QUEUE": shop.queue}).ok("status", "--json")
    assert {tier["name"] for tier in said.json["tiers"]} >= {"high", "low"}
    app.close()


# -- what is refused, and how it is said ----------------------------------------------------------


@contextmanager
def wrong(case: str, ours: Authority, theirs: Authority) -> Iterator[Variables]:
    """A server and a client that do not fit."""
    papers = {
        "host": lambda: ours.papers("server", "elsewhere.example"),
        "expired": lambda: ours.papers("server", expired=True),
    }.get(case, lambda: ours.papers("server"))()
    ca = theirs.ca_file if case == "authority" else ours.ca_file
    mine = theirs.papers("me") if case == "stranger" else None
    mutual = case in {"nobody", "stranger"}
    with secure_server(papers, ours.ca_file, mutual=mutual) as running:
        if case == "tls":
            yield variables(running.url.replace("rediss:", "redis:"))
        else:
            yield variables(running.url, ca=ca, papers=mine)


REFUSED = {
    "authority": "shows a certificate of an unknown authority: set redis_ca_file",
    "host": "shows a certificate for another host",
    "expired": "shows a certificate that has expired: renew it",
    "nobody": "client certificate",
    "stranger": "certificate",
    "tls": "does one side speak TLS and the other not?",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(
    case: str, ours: Authority, theirs: Authority, tmp_path: Path
) -> None:
    with wrong(case, ours, theirs) as given:
        shell = CommandLine(tmp_path, given | {"GIVEWAY_QUEUE": "packaging"})
        assert REFUSED[case] in shell.refused("status", code=1)


@pytest.mark.parametrize("case", ["authority", "host", "expired"])
def test_a_worker_that_cannot_trust_its_redis_ends_in_one_line(
    case: str, ours: Authority, theirs: Authority, tmp_path: Path
) -> None:
    with wrong(case, ours, theirs) as given:
        given |= {"GIVEWAY_QUEUE": "packaging", "PYTHONPATH": "."}
        (tmp_path / "shop.py").write_text("from giveway import Giveway\napp = Giveway()\n")
        assert REFUSED[case] in CommandLine(tmp_path, given).refused("worker", "shop:app", code=1)


@pytest.mark.parametrize(
    ("setting", "content", "complaint"),
    [
        ("CA", None, "redis_ca_file {path} cannot be read: No such file or directory"),
        ("CA", "nonsense", "redis_ca_file {path} holds no certificate in PEM format"),
        ("CERT", None, "redis_cert_file {path} cannot be read: No such file or directory"),
        ("CERT", "nonsense", "redis_cert_file {path} and its key in"),
        ("KEY", None, "redis_key_file {path} cannot be read: No such file or directory"),
        ("KEY", "nonsense", "do not fit: a certificate and its unencrypted key"),
    ],
)
def test_a_file_that_does_not_do_is_named(
    tmp_path: Path, ours: Authority, setting: str, content: str | None, complaint: str
) -> None:
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_text(content)
    given = variables("rediss://127.0.0.1:1/0", ca=ours.ca_file, papers=ours.papers("me"))
    given |= {f"GIVEWAY_REDIS_{setting}_FILE": str(path), "GIVEWAY_QUEUE": "packaging"}
    said = CommandLine(tmp_path, given).refused("status", code=1)
    assert complaint.format(path=path) in said


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (
            {"GIVEWAY_REDIS_CA_FILE": "ca.pem", "GIVEWAY_REDIS_URL": "redis://127.0.0.1:1/0"},
            "redis_ca_file is set, but the Redis URL asks for no TLS: write rediss://",
        ),
        (
            {"GIVEWAY_REDIS_KEY_FILE": "my.key", "GIVEWAY_REDIS_URL": "rediss://127.0.0.1:1/0"},
            "redis_key_file is set without a certificate: set redis_cert_file too",
        ),
    ],
)
def test_files_that_would_do_nothing_are_an_error(
    tmp_path: Path, given: Variables, complaint: str
) -> None:
    shell = CommandLine(tmp_path, given | {"GIVEWAY_QUEUE": "packaging"})
    assert complaint in shell.refused("status", code=2)


def test_a_server_without_tls_never_hears_a_word_in_plain_text(
    tmp_path: Path, ours: Authority
) -> None:
    with embedded_server() as plain, _recorder(plain.port) as (port, heard):
        given = variables(f"rediss://{HOST}:{port}/0", ca=ours.ca_file)
        shell = CommandLine(tmp_path, given | {"GIVEWAY_QUEUE": "packaging"})
        said = shell.refused("status", code=1)
    assert "is that its TLS port?" in said or "does not speak TLS" in said
    assert heard
    assert all(words.startswith(b"\x16\x03") for words in heard), "not a TLS greeting"
    assert not any(b"giveway" in words or b"CLIENT" in words for words in heard)


@contextmanager
def _recorder(port: int) -> Iterator[tuple[int, list[bytes]]]:
    """Writes down what each connection says first, and passes it on to the server."""
    heard: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection((HOST, port))
            kept.extend((near, far))
            if words := near.recv(65536):
                heard.append(words)
                far.sendall(words)

    kept: list[socket.socket] = []
    listener = socket.create_server((HOST, 0))
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for one in kept:
            one.close()
