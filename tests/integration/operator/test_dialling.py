"""What a Secret may lead to: TLS by its own authority, and places that must not be dialled."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest
import redis

from giveway.errors import StoreMisconfigured
from giveway.store.connect import endpoint_of
from giveway.store.many import ManyStore
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueKey, Unseen
from tests.integration.operator.test_looks import port_of
from tests.integration.operator.watched import (
    Operator,
    Shelf,
    depth,
    nowhere,
    shelf_on,
    until,
)
from tests.integration.store.clusters import sentinel


def test_over_tls_the_certificate_is_checked_by_the_secrets_own_authority(tmp_path: Path) -> None:
    """And by the name in the URL, although the address that was judged is what is dialled."""
    # Here and not above: where the oldest dependencies are tried there is nobody to sign.
    from tests.faults.network.secure import Authority, secure_server

    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    for host in ("localhost", "elsewhere.example"):
        papers = ours.papers(host, host)
        with secure_server(papers, ours.ca_file) as secure:
            url = secure.url.replace("127.0.0.1", "localhost")
            trusted = nowhere(url, "trusted")
            trusted = WatchedQueue(trusted.key, "trusted", Source(url, ca=ours.ca_file.read_text()))
            wrong = WatchedQueue(
                QueueKey("shop", "wrong"), "wrong", Source(url, ca=other.ca_file.read_text())
            )
            plain = nowhere(url, "plain")

            async def run(
                host: str = host,
                trusted: WatchedQueue = trusted,
                strangers: tuple[WatchedQueue, ...] = (wrong, plain),
            ) -> None:
                async with Operator() as operator:
                    if host == "localhost":
                        await operator.facts(trusted)
                        for stranger in strangers:
                            told = await operator.unseen(stranger, "refused")
                            assert "a certificate of an unknown authority" in told.message
                    else:
                        told = await operator.unseen(trusted, "refused")
                        assert "a certificate for another host" in told.message

            asyncio.run(run())


def test_an_authority_that_is_none_is_told_by_the_secrets_field(shelf: Shelf) -> None:
    url = shelf.url.replace("redis://", "rediss://")
    broken = WatchedQueue(QueueKey("shop", "broken"), "broken", Source(url, ca="nonsense"))
    plain = WatchedQueue(QueueKey("shop", "plain"), "plain", Source(shelf.url, ca="nonsense"))

    async def run() -> None:
        async with Operator() as operator:
            told = await operator.unseen(broken, "refused")
            assert "no certificate in PEM format" in told.message
            told = await operator.unseen(plain, "misconfigured")
            assert "asks for no TLS: write rediss://" in told.message

    asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis://169.254.169.254:6379/0", "it is a link-local address"),
        ("redis://[::ffff:169.254.169.254]:6379/0", "it is a link-local address"),
        ("redis://[fd00:ec2::254]:6379/0", "it is the address of a metadata service"),
        ("redis://0.0.0.0:6379/0", "it is no address of a server"),
        ("redis+sentinel://169.254.169.254/main", "it is a link-local address"),
        ("unix:///run/redis.sock", "the operator reaches Redis over the network only"),
        ("rediss://r:6379/0?ssl_ca_certs=/etc/passwd", "put the certificate into caSecret"),
        ("http://r:6379", "use one of redis://"),
    ],
)
def test_what_must_not_be_dialled_is_not_and_the_line_says_why(url: str, says: str) -> None:
    queue = nowhere(url)

    async def run() -> None:
        async with Operator() as operator:

            async def ask() -> Unseen | None:
                seen = (await operator.look(queue)).get(queue.key)
                return seen if isinstance(seen, Unseen) else None

            told = await until(ask, what="an answer")
            assert told.why in ("refused", "misconfigured")
            assert says in told.message
            assert "\n" not in told.message

    asyncio.run(run())


def test_the_api_servers_own_address_is_refused_by_whatever_name(shelf: Shelf) -> None:
    port = port_of(shelf.url)
    (good,) = shelf.queues(1)

    async def run() -> None:
        async with Operator(api=("127.0.0.1", port)) as operator:
            told = await operator.unseen(nowhere(f"redis://localhost:{port}/0"), "refused")
            assert "the Redis host localhost (it leads to " in told.message
            assert told.message.endswith("it is the API server")
        async with Operator(api=("127.0.0.1", port + 1)) as operator:
            await operator.facts(good)

    asyncio.run(run())


def test_behind_a_sentinel_the_primary_is_found_followed_and_judged(tmp_path: Path) -> None:
    with sentinel(tmp_path) as watched, shelf_on(watched.url) as shelf:
        (one,) = shelf.queues(1)
        shelf.put(one.queue, "a")

        async def run() -> None:
            async with Operator() as operator:
                assert depth(await operator.settled(one)) == 1
            async with Operator(api=("127.0.0.1", watched.primary.port)) as operator:
                before = connections(watched.primary.port)
                told = await operator.unseen(one, "refused")
                assert told.message.endswith("it is the API server")
                assert connections(watched.primary.port) == before + 1, "only the one that counts"

        asyncio.run(run())


def connections(port: int) -> int:
    with closing(redis.Redis(port=port)) as admin:
        return int(admin.info("stats")["total_connections_received"])


def test_a_server_that_is_judged_otherwise_at_the_next_connect_is_not_dialled_again(
    shelf: Shelf,
) -> None:
    """A name may lead elsewhere by then: what was allowed once is asked again."""
    (one,) = shelf.queues(1)
    verdicts: list[str | None] = [None]
    asked: list[str] = []

    def guard(place: str, port: int) -> str | None:
        asked.append(place)
        return verdicts[0]

    async def run() -> None:
        name = f"giveway:-:{one.queue}:operator"
        url = shelf.url.replace("127.0.0.1", "localhost")
        store = ManyStore(endpoint_of(url, name=name, guard=guard))
        look = shelf.commands(one.queue).stats()
        await store.run_all([look])
        judged = len(asked)
        assert judged > 0
        assert set(asked) <= {"127.0.0.1", "::1"}
        verdicts[0] = "it has moved"
        await store.run_all([look])
        assert len(asked) == judged, "an open connection leads where it led"
        with closing(redis.Redis.from_url(shelf.url)) as admin:
            (open_one,) = [c for c in admin.client_list() if c["name"] == name]
            admin.client_kill_filter(_id=open_one["id"])
        with pytest.raises(StoreMisconfigured, match=r"localhost .* may not be used: it has moved"):
            await store.run_all([look])
        await store.aclose()

    asyncio.run(run())
