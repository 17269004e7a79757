"""Certificates that are renewed, or become wrong, while a worker runs."""

from pathlib import Path

import pytest

from tests.faults.network.secure import HOST, Authority, Secure, variables
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker


@pytest.fixture
def redis_url(secure: Secure) -> str:
    """The plain port of the same server, for the test's own looks."""
    return secure.server.url


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
