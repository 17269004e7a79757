"""Redis URLs: what they mean, and what a wrong one says."""

import pytest

from giveway.errors import ConfigurationError
from giveway.store.address import Address, Kind, parse


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://host", Address(Kind.SINGLE, (("host", 6379),))),
        ("redis://host:7000/3", Address(Kind.SINGLE, (("host", 7000),), db=3)),
        ("redis://[::1]:7000", Address(Kind.SINGLE, (("::1", 7000),))),
        ("rediss://host/1", Address(Kind.SINGLE, (("host", 6379),), db=1, tls=True)),
        ("unix:///run/redis.sock?db=2", Address(Kind.UNIX, path="/run/redis.sock", db=2)),
        (
            "redis+sentinel://a,b:7000/main/4",
            Address(Kind.SENTINEL, (("a", 26379), ("b", 7000)), master="main", db=4),
        ),
        ("redis+cluster://a:1,b:2", Address(Kind.CLUSTER, (("a", 1), ("b", 2)))),
        ("rediss+cluster://a/0", Address(Kind.CLUSTER, (("a", 6379),), tls=True)),
    ],
)
def test_a_url_is_taken_apart(url: str, address: Address) -> None:
    assert parse(url) == address


def test_credentials_are_unquoted_and_never_shown() -> None:
    address = parse("redis://us%40er:p%40ss%2Fw%3Ard@host:1/0")
    assert (address.username, address.password) == ("us@er", "p@ss/w:rd")
    assert "p@ss" not in f"{address} {address!r}"


def test_a_password_without_a_user() -> None:
    address = parse("redis://:secret@host")
    assert (address.username, address.password) == (None, "secret")


def test_tls_may_name_its_files() -> None:
    address = parse("rediss://host/0?ssl_ca_certs=/etc/ca.crt&ssl_certfile=/etc/me.crt")
    assert dict(address.tls_files) == {"ssl_ca_certs": "/etc/ca.crt", "ssl_certfile": "/etc/me.crt"}


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("localhost:6379", "begins with 'localhost'"),
        ("127.0.0.1:6379", "has no scheme: use one of redis://"),
        ("http://host", "begins with 'http'"),
        ("", "has no scheme"),
        ("redis://", "names no host"),
        ("redis://host:port", "a port that is no number"),
        ("redis://host:0", "port 0"),
        ("redis://host:70000", "a port that is no number"),
        ("redis://host/main", "names database 'main'"),
        ("redis://host/-1", "names database '-1'"),
        ("redis://host/1/2", "too long"),
        ("redis://a,b", "several hosts: use redis+sentinel"),
        ("redis://host?db=1", "parameter 'db': redis:// takes none"),
        ("rediss://host?ssl_cert_reqs=none", "parameter 'ssl_cert_reqs'"),
        ("redis://host?socket_timeout=0", "parameter 'socket_timeout'"),
        ("redis://:pa#ss@host", "'#'"),
        ("unix://", "names no socket"),
        ("redis+sentinel://host", "names no master"),
        ("redis+cluster://host/1", "only database 0"),
    ],
)
def test_a_wrong_url_says_what_is_wrong_with_it(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse(url)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["redis://:hunter2@host:port", "redis://:hunter2@host/x", "redix://:hunter2@host"]
)
def test_no_message_contains_the_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse(url)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://user:hun/ter2@host:6379",
        "redis://:hun/ter2@host",
        "redis://:hun/ter2@host/3",
        "redis://:hun?ter2@host",
        "redis+sentinel://:hun/ter2@host:26379/master",
        "redis://:hun\u2100ter2@host",
    ],
)
def test_a_password_that_is_not_quoted_is_shown_to_nobody(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse(url)
    assert "hun" not in str(refused.value)
    assert "ter2" not in str(refused.value)
