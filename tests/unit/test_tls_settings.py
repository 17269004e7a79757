"""Files for TLS: what they must fit, and how long an answer may take within a lease."""

import re
import ssl
from pathlib import Path

import pytest

from giveway.errors import ConfigurationError, StoreMisconfigured
from giveway.store import tls
from giveway.store.access import Access
from giveway.store.address import parse
from giveway.store.connect import endpoint_of
from giveway.store.endpoint import timeout_within

CA, KEY = Path("/nowhere/ca.pem"), Path("/nowhere/my.key")


@pytest.mark.parametrize("scheme", ["redis", "redis+sentinel", "redis+cluster"])
def test_a_file_for_tls_beside_a_url_without_tls_is_an_error(scheme: str) -> None:
    with pytest.raises(ConfigurationError, match=r"redis_ca_file is set.*write rediss://"):
        endpoint_of(f"{scheme}://host/0", name="x", access=Access(ca_file=CA))


def test_a_key_needs_its_certificate() -> None:
    with pytest.raises(ConfigurationError, match="redis_key_file is set without a certificate"):
        endpoint_of("rediss://host", name="x", access=Access(key_file=KEY))
    with pytest.raises(ConfigurationError, match="ssl_keyfile= is set without a certificate"):
        endpoint_of(f"rediss://host?ssl_keyfile={KEY}", name="x")


def test_a_setting_wins_over_the_url() -> None:
    endpoint = endpoint_of("rediss://host?ssl_ca_certs=/other", name="x", access=Access(ca_file=CA))
    with pytest.raises(StoreMisconfigured, match=r"redis_ca_file /nowhere/ca.pem cannot be read"):
        endpoint.tls()


def test_the_host_name_is_always_checked() -> None:
    options = tls.options(parse("rediss://host"), Access())
    assert options == {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
    assert tls.options(parse("redis://host"), Access()) == {}


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        ("WRONG_VERSION_NUMBER", "does not speak TLS, and nothing is sent in plain text"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "wants a client certificate"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "wants a client certificate"),
        ("TLSV1_ALERT_UNKNOWN_CA", r"refuses our certificate \(unknown ca\)"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", r"refuses our certificate \(certificate expired\)"),
        ("NO_SHARED_CIPHER", r"could not agree on TLS \(no shared cipher\)"),
    ],
)
def test_what_openssl_says_becomes_what_to_do(reason: str, what: str) -> None:
    error = ssl.SSLError(1, "nobody reads this")
    error.reason = reason
    outer = OSError("redis-py's words")
    outer.__context__ = error
    said = tls.explain(outer)
    assert said is not None
    assert re.match(what, said)
    assert tls.failed(outer)


def test_what_is_not_about_tls_is_left_alone() -> None:
    cut = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
    cut.reason = "UNEXPECTED_EOF_WHILE_READING"
    assert tls.explain(cut) is None
    assert tls.explain(ConnectionResetError(104, "reset")) is None
    assert not tls.failed(ConnectionResetError(104, "reset"))


@pytest.mark.parametrize(
    ("lease", "seconds"), [(2, 0.5), (3, 0.5), (6, 1.0), (15, 2.5), (30, 5.0), (3600, 5.0)]
)
def test_a_lost_renewal_leaves_time_for_another(lease: float, seconds: float) -> None:
    assert timeout_within(lease) == seconds
