"""TLS and mutual TLS with whole programs, and every way in which it can be wrong: in one line."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from giveway import Giveway
from giveway.testing import embedded_server
from tests.faults.network.secure import HOST, Authority, Papers, Secure, secure_server
from tests.integration.command_line import CommandLine
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker

Variables = dict[str, str]


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "theirs")


@pytest.fixture
def secure(ours: Authority) -> Iterator[Secure]:
    """Whoever comes needs a certificate of `ours`."""
    with secure_server(ours.papers("server"), ours.ca_file, mutual=True) as running:
        yield running


@pytest.fixture
def redis_url(secure: Secure) -> str:
    """The plain port of the same server, for the test's own looks."""
    return secure.server.url


def variables(url: str, *, ca: Path | None = None, papers: Papers | None = None) -> Variables:
    found = {"GIVEWAY_REDIS_URL": url}
    found |= {"GIVEWAY_REDIS_CA_FILE": str(ca)} if ca else {}
    if papers:
        found["GIVEWAY_REDIS_CERT_FILE"] = str(papers.cert_file)
        found["GIVEWAY_REDIS_KEY_FILE"] = str(papers.key_file)
    return found


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


# -- while a worker runs ---------------------------------------------------------------------------


def test_certificates_renewed_under_the_same_name_are_picked_up(
    shop: Shop,
    worker: StartWorker,
    ours: Authority,
    theirs: Authority,
    secure: Secure,
    tmp_path: Path,
) -> None:
    mine, trusted = ours.papers("me"), tmp_path / "trusted.pem"
    trusted.write_bytes(ours.ca_file.read_bytes())
    given = variables(secure.url, ca=trusted, papers=mine)
    one = worker(url=secure.url, env=given)
    assert shop.put("step", value=1).result(20) == 1
    children = one.children()
    # The server now knows another authority, and everybody is sent away.
    _now_signed_by(shop, theirs)
    shop.redis.execute_command("CLIENT", "KILL", "LADDR", f"{HOST}:{secure.port}")
    until(lambda: _complains(one, "unknown authority"), what="a complaint")
    trusted.write_bytes(theirs.ca_file.read_bytes())
    renewed = theirs.papers("me")
    mine.cert_file.write_bytes(renewed.cert_file.read_bytes())
    mine.key_file.write_bytes(renewed.key_file.read_bytes())
    assert shop.put("step", value=2).result(20) == 2
    until(lambda: _supervised(shop), what="the supervisor's return")
    assert one.children() == children
    assert one.events("child_ended") == []
    assert one.stop() == 0


def _now_signed_by(shop: Shop, authority: Authority) -> None:
    papers = authority.papers("server")
    shop.redis.execute_command(
        *("CONFIG", "SET", "tls-ca-cert-file", str(authority.ca_file)),
        *("tls-cert-file", str(papers.cert_file), "tls-key-file", str(papers.key_file)),
    )


def _complains(worker: Worker, about: str) -> bool:
    """The supervisor, and both claim loops or one: each in a line of its own, once."""
    errors = [event["error"] for event in worker.events("redis_unavailable")]
    assert not any("\n" in error for error in errors)
    return sum(about in error for error in errors) >= 2


def _supervised(shop: Shop) -> bool:
    return any(one["name"].endswith(":supervisor") for one in shop.redis.client_list())


def test_a_worker_waits_out_a_server_whose_certificate_has_become_wrong(
    shop: Shop, worker: StartWorker, ours: Authority, secure: Secure
) -> None:
    given = variables(secure.url, ca=ours.ca_file, papers=ours.papers("me"))
    one = worker(url=secure.url, env=given, processes=2)
    assert shop.put("step", value=1).result(20) == 1
    children = one.children()
    wrong = ours.papers("wrong", "elsewhere.example")
    right = ours.papers("right")
    for papers in (wrong, right):
        shop.redis.execute_command(
            *("CONFIG", "SET", "tls-cert-file", str(papers.cert_file)),
            *("tls-key-file", str(papers.key_file)),
        )
        if papers is wrong:
            shop.redis.execute_command("CLIENT", "KILL", "LADDR", f"{HOST}:{secure.port}")
            until(lambda: len(one.events("redis_unavailable")) >= 3, what="a complaint from each")
            errors = [event["error"] for event in one.events("redis_unavailable")]
            assert any("certificate for another host" in error for error in errors)
    assert shop.put("step", value=2).result(20) == 2
    assert one.children() == children
    assert one.stop() == 0


def test_the_plain_port_and_the_tls_port_are_the_same_server(shop: Shop, secure: Secure) -> None:
    """What the tests above rely on."""
    with redis.Redis(port=secure.server.port) as client:
        assert int(client.config_get("tls-port")["tls-port"]) == secure.port
