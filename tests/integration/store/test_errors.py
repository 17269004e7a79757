"""What Redis may do to us, in one line that says what to do and never shows a credential."""

import asyncio
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis

from giveway.core.keys import QueueKeys
from giveway.core.task import Request, Wanted
from giveway.errors import (
    StoreCorrupt,
    StoreError,
    StoreMisconfigured,
    StoreUnavailable,
)
from giveway.store import reads
from giveway.store.access import Access
from giveway.store.commands import Commands
from giveway.store.connect import aconnect, connect, endpoint_of
from giveway.store.execute import Store
from giveway.store.wait import ClaimLine
from giveway.testing import EmbeddedServer, embedded_server

SECRET = "s3cr3t-p@ss/word"
QUOTED = "s3cr3t-p%40ss%2Fword"
COMMANDS = Commands(QueueKeys("q"))
LOOK = reads.control(QueueKeys("q"))


def trouble(url: str, password_file: Path | None = None) -> str:
    """What is raised for a first command, the same whichever way it is sent."""
    store = connect(url, name="giveway:q:pod:test", access=Access(password_file=password_file))
    line = ClaimLine(
        endpoint_of(url, name="giveway:q:pod:line", access=Access(password_file=password_file))
    )
    claim = COMMANDS.settle_claim(
        Request("me", 1), owner="pod", lease_us=1, wanted=Wanted(["low"], 1)
    )

    async def from_async() -> None:
        astore = aconnect(
            url, name="giveway:q:pod:test", access=Access(password_file=password_file)
        )
        try:
            await astore.run(LOOK)
        finally:
            await astore.aclose()

    messages = []
    with pytest.raises(StoreError) as sync_error:
        store.run(LOOK)
    with pytest.raises(type(sync_error.value)) as async_error:
        asyncio.run(from_async())
    messages = [str(sync_error.value), str(async_error.value)]
    if "needs Redis" not in messages[0]:  # the line leaves that question to its store
        with pytest.raises(type(sync_error.value)) as line_error:
            line.claim(claim, wake_keys=[], block_seconds=0)
        messages.append(str(line_error.value))
    store.close()
    line.close()
    for message in messages:
        assert "s3cr3t" not in message
        assert "\n" not in message
        assert messages[0] == message
    return f"{type(sync_error.value).__name__}: {messages[0]}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_an_absent_server_is_unavailable_and_named() -> None:
    port = free_port()
    said = trouble(f"redis://user:{QUOTED}@127.0.0.1:{port}/0")
    assert (
        said
        == f"StoreUnavailable: Redis at 127.0.0.1:{port} cannot be reached (Connection refused): "
        "is it up, and is redis_url right?"
    )


def test_an_absent_sentinel_and_an_absent_cluster_are_unavailable() -> None:
    port = free_port()
    assert "StoreUnavailable" in trouble(f"redis+sentinel://127.0.0.1:{port}/main")
    assert "StoreUnavailable" in trouble(f"redis+cluster://127.0.0.1:{port}")


def test_an_absent_socket_is_unavailable(tmp_path: Path) -> None:
    assert "No such file" in trouble(f"unix://{tmp_path}/redis.sock")


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedServer]:
    with embedded_server(args=["--requirepass", SECRET]) as server:
        yield server


def test_a_missing_password_says_where_to_put_one(guarded: EmbeddedServer) -> None:
    said = trouble(guarded.url)
    assert said.startswith("StoreMisconfigured")
    assert "wants a password" in said


def test_a_wrong_password_is_refused_without_being_shown(guarded: EmbeddedServer) -> None:
    said = trouble(f"redis://:s3cr3t-wrong@127.0.0.1:{guarded.port}/0")
    assert said.startswith("StoreMisconfigured")
    assert "refuses the user name or password" in said


def test_the_right_password_opens_and_no_repr_shows_it(guarded: EmbeddedServer) -> None:
    url = f"redis://:{QUOTED}@127.0.0.1:{guarded.port}/0"
    store = connect(url, name="giveway:q:pod:test")
    assert store.run(LOOK) is None
    assert "s3cr3t" not in repr(store) + repr(store.endpoint) + repr(ClaimLine(store.endpoint))
    store.close()


def test_a_rotated_password_is_read_again_at_the_next_connect(
    guarded: EmbeddedServer, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("s3cr3t-old\n")
    store = connect(guarded.url, name="giveway:q:pod:test", access=Access(password_file=file))
    with pytest.raises(StoreMisconfigured):
        store.run(LOOK)
    file.write_text(SECRET + "\n")
    assert store.run(LOOK) is None
    store.close()


def test_a_password_file_that_is_no_text_is_named_and_not_quoted(
    guarded: EmbeddedServer, tmp_path: Path
) -> None:
    """As any other trouble with it, it is waited out by a worker that runs already."""
    file = tmp_path / "password"
    file.write_bytes(SECRET.encode() + b"\xff")
    store = connect(guarded.url, name="x", access=Access(password_file=file))
    with pytest.raises(StoreMisconfigured, match=r"password cannot be read: it is not UTF-8$"):
        store.run(LOOK)
    store.close()


def test_a_password_file_that_is_missing_is_named(guarded: EmbeddedServer, tmp_path: Path) -> None:
    store = connect(guarded.url, name="x", access=Access(password_file=tmp_path / "none"))
    with pytest.raises(StoreMisconfigured, match=r"redis_password_file .*none cannot be read"):
        store.run(LOOK)
    store.close()


@contextmanager
def old_server(version: str) -> Iterator[str]:
    """Answers like a server of that version to what is asked before the first command."""

    def serve() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(link,), daemon=True).start()

    def answer(link: socket.socket) -> None:
        text = f"# Server\r\nredis_version:{version}\r\n"
        info = f"${len(text)}\r\n{text}\r\n".encode()
        with link:
            while data := link.recv(65536):
                for asked in re.split(rb"\*\d+\r\n", data)[1:]:
                    link.sendall(info if b"INFO" in asked.split(b"\r\n") else b"+OK\r\n")

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize("version", ["6.2.14", "5.0.7"])
def test_too_old_a_server_is_refused_by_its_version(version: str) -> None:
    with old_server(version) as url:
        said = trouble(url)
    assert said.startswith("StoreMisconfigured")
    assert f"is Redis {version}: Giveway needs Redis 7.0 or Valkey 7.2" in said


def test_a_user_without_rights_is_told_what_is_missing(guarded: EmbeddedServer) -> None:
    with redis.Redis(port=guarded.port, password=SECRET) as admin:
        admin.execute_command("ACL", "SETUSER", "guest", "on", ">s3cr3t", "~*", "+client|setname")
    store = connect(f"redis://guest:s3cr3t@127.0.0.1:{guarded.port}/0", name="x")
    with pytest.raises(StoreMisconfigured, match=r"does not allow this user .*'hgetall'"):
        store.run(LOOK)
    with pytest.raises(StoreMisconfigured, match=r"does not allow this user .*'evalsha'"):
        store.run(COMMANDS.stats())
    store.close()


def test_maxclients_is_worth_waiting_for() -> None:
    with (
        embedded_server(args=["--maxclients", "1"]) as server,
        socket.create_connection(("127.0.0.1", server.port)) as link,
    ):
        link.sendall(b"PING\r\n")
        assert link.recv(16) == b"+PONG\r\n"
        said = trouble(server.url)
    assert said.startswith("StoreUnavailable")
    assert "maxclients" in said


def test_a_server_that_cannot_save_is_worth_waiting_for(tmp_path: Path) -> None:
    with embedded_server(args=["--enable-protected-configs", "yes"]) as server:
        client: redis.Redis = redis.Redis(port=server.port)
        client.config_set("save", "3600 1")
        _make_saving_fail(client, tmp_path)
        store = connect(server.url, name="x")
        request = Request("me", 1)
        with pytest.raises(StoreUnavailable, match="cannot save to disk"):
            store.run(COMMANDS.configure_tiers(request, tiers=["low"], role="app"))
        store.close()
        client.close()


def _make_saving_fail(client: redis.Redis, folder: Path) -> None:
    gone = folder / "gone"
    gone.mkdir()
    client.config_set("dir", str(gone))
    shutil.rmtree(gone)
    client.bgsave()
    deadline = time.monotonic() + 10
    while client.info("persistence")["rdb_last_bgsave_status"] != "err":
        assert time.monotonic() < deadline


def test_a_busy_script_is_worth_waiting_for() -> None:
    with embedded_server(args=["--busy-reply-threshold", "20"]) as server:
        store = connect(server.url, name="x")
        assert store.run(LOOK) is None
        spinner: redis.Redis = redis.Redis(port=server.port)

        def spin() -> None:
            with pytest.raises(redis.ResponseError):
                spinner.eval("while true do end", 0)

        thread = threading.Thread(target=spin)
        thread.start()
        with pytest.raises(StoreUnavailable, match="busy with a script"):
            _run_until_it_fails(store)
        with redis.Redis(port=server.port) as client:
            client.script_kill()
        thread.join(10)
        assert store.run(LOOK) is None
        store.close()
        spinner.close()


def _run_until_it_fails(store: Store) -> None:
    while True:
        store.run(LOOK)


def test_a_read_of_a_key_of_a_wrong_type_is_corruption(redis_url: str, queue: str) -> None:
    keys = QueueKeys(queue)
    with redis.Redis.from_url(redis_url) as client:
        client.set(keys.control, "mine", ex=60)
        store = connect(redis_url, name="x")
        with pytest.raises(StoreCorrupt, match="wrong type"):
            store.run(reads.control(keys))
        store.close()


# TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and two certificates for it: one for this host, one for another."""
    folder = tmp_path_factory.mktemp("tls")
    for name, host in (("good", "IP:127.0.0.1"), ("other", "DNS:elsewhere.example")):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-subj", f"/CN={name}", "-addext", f"subjectAltName={host}"),
                *("-keyout", f"{name}.key", "-out", f"{name}.crt"),
            ],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    return folder


@contextmanager
def tls_in_front_of(server: EmbeddedServer, certificates: Path, name: str) -> Iterator[int]:
    """A TLS end before a server: not every build of it speaks TLS itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.crt", certificates / f"{name}.key")

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
                near = context.wrap_socket(plain, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", server.port))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(source, target), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with source, target, suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


@pytest.fixture(scope="module")
def plain() -> Iterator[EmbeddedServer]:
    with embedded_server() as server:
        yield server


def test_tls_opens_with_a_certificate_for_this_host(
    plain: EmbeddedServer, certificates: Path
) -> None:
    with tls_in_front_of(plain, certificates, "good") as port:
        url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificates}/good.crt"
        store = connect(url, name="x")
        assert store.run(LOOK) is None
        store.close()


def test_a_certificate_nobody_vouches_for_is_refused(
    plain: EmbeddedServer, certificates: Path
) -> None:
    with tls_in_front_of(plain, certificates, "good") as port:
        said = trouble(f"rediss://127.0.0.1:{port}/0")
    assert said.startswith("StoreMisconfigured")
    assert "certificate of an unknown authority: set redis_ca_file" in said


def test_a_certificate_for_another_host_is_refused(
    plain: EmbeddedServer, certificates: Path
) -> None:
    with tls_in_front_of(plain, certificates, "other") as port:
        said = trouble(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificates}/other.crt")
    assert said.startswith("StoreMisconfigured")
    assert "certificate for another host" in said


def test_a_server_without_tls_is_never_spoken_to_in_plain_text(plain: EmbeddedServer) -> None:
    line = ClaimLine(endpoint_of(f"rediss://127.0.0.1:{plain.port}/0", name="x"))
    claim = COMMANDS.settle_claim(Request("me", 1), owner="pod", lease_us=1)
    with pytest.raises(StoreError):
        line.claim(claim, wake_keys=[], block_seconds=0)
    line.close()
