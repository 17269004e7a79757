"""Where a Redis URL may lead."""

import pytest

from giveway.store.address import parse
from giveway_operator.endpoints.guard import refusals, why_unusable

API = ("10.96.0.1", 443)


@pytest.mark.parametrize(
    "place",
    [
        "10.0.0.7",
        "192.168.1.4",
        "127.0.0.1",
        "::1",
        "fd12::7",
        "8.8.8.8",
        "100.64.0.1",
        "10.96.0.1",
    ],
)
def test_what_a_redis_may_have_is_allowed(place: str) -> None:
    assert refusals(api_servers=[API])(place, 6379) is None


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("169.254.169.254", "link-local"),
        ("169.254.0.1", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("::ffff:169.254.169.254", "link-local"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("2002:a9fe:a9fe::1", "link-local"),
        ("fd00:ec2::254", "metadata"),
        ("100.100.100.200", "metadata"),
        ("168.63.129.16", "metadata"),
        ("192.0.0.192", "metadata"),
        ("::ffff:168.63.129.16", "metadata"),
        ("0.0.0.0", "no address"),
        ("::", "no address"),
        ("224.0.0.1", "no address"),
        ("ff02::1", "no address"),
        ("240.0.0.1", "no address"),
    ],
)
def test_what_only_the_operator_can_reach_is_refused(place: str, why: str) -> None:
    assert why in (refusals()(place, 6379) or "it is allowed")


@pytest.mark.parametrize("place", ["10.96.0.1", "::ffff:10.96.0.1"])
def test_the_api_server_is_an_address_and_a_port(place: str) -> None:
    guard = refusals(api_servers=[API])
    assert guard(place, 443) == "it is the API server"
    assert guard(place, 6379) is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis://redis:6379/0", None),
        ("rediss://redis.shop.svc:6379/0", None),
        ("redis+cluster://10.0.0.1,10.0.0.2", None),
        ("redis+cluster://10.0.0.1,169.254.169.254", "169.254.169.254 may not be used"),
        ("unix:///run/redis.sock", "over the network only"),
        ("rediss://redis?ssl_keyfile=/var/run/secrets/token", "ssl_keyfile"),
    ],
)
def test_a_url_is_judged_by_its_text_first(url: str, says: str | None) -> None:
    why = why_unusable(parse(url), refusals())
    assert why is None if says is None else says in (why or "")
