"""The proxy of the fault tests does what it says, seen from a real client of a real server."""

import socket
import time
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.proxy import Direction, Proxy
from tests.proxy.wire import Frames, words


@pytest.fixture
def proxy(redis_url: str) -> Iterator[Proxy]:
    where = redis.ConnectionPool.from_url(redis_url).connection_kwargs
    with Proxy(where.get("host", "127.0.0.1"), where.get("port", 6379)) as running:
        yield running


@pytest.fixture
def client(proxy: Proxy) -> Iterator[redis.Redis]:
    with _client(proxy) as connected:
        yield connected


def _client(proxy: Proxy, *, timeout: float = 5.0) -> redis.Redis:
    """A client that never repeats anything by itself."""
    return redis.Redis(
        port=proxy.port,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def test_it_passes_commands_pipelines_and_large_values(client: redis.Redis, queue: str) -> None:
    large = bytes(range(256)) * 8192
    pipe = client.pipeline(transaction=False)
    pipe.set(queue, large, ex=60)
    pipe.get(queue)
    assert pipe.execute()[1] == large
    assert client.delete(queue) == 1


def test_after_a_cut_a_new_connection_works(proxy: Proxy) -> None:
    with _socket(proxy), _socket(proxy):
        assert proxy.cut() == 2
        with _socket(proxy):
            assert proxy.connections == 1


def test_a_cut_with_reset_is_seen_as_a_reset_and_without_as_an_end(proxy: Proxy) -> None:
    with _socket(proxy) as first:
        proxy.cut(reset=True)
        with pytest.raises(ConnectionResetError):
            first.recv(1)
    with _socket(proxy) as second:
        proxy.cut(reset=False)
        assert second.recv(1) == b""


@pytest.mark.parametrize("direction", [Direction.BOTH, Direction.TO_CLIENT])
def test_a_frozen_connection_stays_open_and_silent(
    proxy: Proxy, queue: str, redis_url: str, direction: Direction
) -> None:
    client = _client(proxy, timeout=0.2)
    client.ping()
    proxy.freeze(direction)
    with pytest.raises(redis.TimeoutError):
        client.set(queue, "1", ex=60)
    with redis.Redis.from_url(redis_url) as direct:
        arrived = direct.delete(queue)
    assert arrived == (1 if direction is Direction.TO_CLIENT else 0)
    proxy.heal()
    assert client.ping()
    client.close()


def test_a_lost_reply_is_lost_after_the_server_has_done_the_work(
    proxy: Proxy, client: redis.Redis, queue: str
) -> None:
    client.ping()
    lost = proxy.lose_reply(lambda command: command[0] == b"INCRBY")
    with pytest.raises(redis.ConnectionError):
        client.incrby(queue, 1)
    assert lost.happened.is_set()
    assert client.get(queue) == b"1"
    client.delete(queue)


def test_the_nth_reply_is_lost_and_those_before_it_arrive(proxy: Proxy, queue: str) -> None:
    with _socket(proxy) as sock:
        lost = proxy.lose_nth_reply(3)
        sock.sendall(_ping() * 4)
        assert _until_reset(sock) == b"+PONG\r\n" * 2
        assert lost.happened.is_set()


def test_a_lost_reply_may_leave_the_connection_half_open(
    proxy: Proxy, client: redis.Redis, queue: str
) -> None:
    quick = _client(proxy, timeout=0.2)
    quick.ping()
    proxy.lose_reply(lambda command: command[0] == b"INCRBY", freeze=True)
    with pytest.raises(redis.TimeoutError):
        quick.incrby(queue, 1)
    assert client.get(queue) == b"1"
    client.delete(queue)
    quick.close()


def test_a_delay_delays_both_ways(proxy: Proxy, client: redis.Redis) -> None:
    client.ping()
    proxy.delay_seconds = 0.05
    before = time.monotonic()
    client.ping()
    assert time.monotonic() - before >= 0.1


def test_a_refusing_proxy_refuses_until_it_is_healed(proxy: Proxy, client: redis.Redis) -> None:
    proxy.refusing = True
    with pytest.raises(redis.ConnectionError):
        client.ping()
    proxy.heal()
    assert client.ping()


def test_start_and_stop_may_be_repeated_and_stop_ends_every_connection(redis_url: str) -> None:
    where = redis.ConnectionPool.from_url(redis_url).connection_kwargs
    proxy = Proxy(where.get("host", "127.0.0.1"), where.get("port", 6379))
    port = proxy.start().start().port
    with _socket(proxy) as sock:
        proxy.stop()
        proxy.stop()
        assert sock.recv(1) == b""
    assert proxy.connections == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_messages_are_cut_at_their_ends_however_they_arrive() -> None:
    messages = [
        b"+OK\r\n",
        b"$-1\r\n",
        b"$4\r\n\r\n\r\n\r\n",
        b"*2\r\n*1\r\n:1\r\n$0\r\n\r\n",
        b"*-1\r\n",
        b"%1\r\n+a\r\n*0\r\n",
        b"|1\r\n+k\r\n+v\r\n:7\r\n",
        b">2\r\n+invalidate\r\n*0\r\n",
        b"=6\r\ntxt:hi\r\n",
    ]
    stream = b"".join(messages)
    for size in (1, 2, 7, len(stream)):
        frames = Frames()
        parts = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [frame for part in parts for frame in frames.feed(part)] == messages


def test_the_words_of_a_command_are_read_as_bytes() -> None:
    assert words(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n") == [b"SET", b"k", b"\r\n"]


def _until_reset(sock: socket.socket) -> bytes:
    received = b""
    while True:
        try:
            received += sock.recv(64)
        except ConnectionResetError:
            return received


def _ping() -> bytes:
    return b"*1\r\n$4\r\nPING\r\n"


def _socket(proxy: Proxy) -> socket.socket:
    """A bare connection, known to be open because it has answered."""
    sock = socket.create_connection(("127.0.0.1", proxy.port), timeout=5)
    sock.sendall(_ping())
    assert sock.recv(64) == b"+PONG\r\n"
    return sock
