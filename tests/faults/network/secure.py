"""A Redis that speaks TLS (Debian's does), and certificates made on the spot.

`Authority` signs; `papers` are the files that a program is given. The server keeps a plain port
beside the TLS one, on the loopback, for the test's own looks.
"""

import datetime
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from giveway.testing import EmbeddedServer

HOST = "127.0.0.1"
Variables = dict[str, str]


class RedisServer(EmbeddedServer):
    """Debian's redis-server: the one of the wheel is built without TLS."""

    def _try_start(self, program: str, port: int) -> bool:
        found = shutil.which("redis-server")
        assert found, "redis-server is missing (Debian: apt-get install redis-server)"
        return super()._try_start(found, port)


@dataclass(frozen=True, slots=True)
class Papers:
    """A certificate and its key."""

    cert_file: Path
    key_file: Path


class Authority:
    """Signs certificates; its own is in `ca_file`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._authority = trustme.CA()
        self.ca_file = folder / f"{name}-ca.pem"
        self._authority.cert_pem.write_to_path(self.ca_file)

    def papers(self, name: str, host: str = HOST, *, expired: bool = False) -> Papers:
        """Made anew under the same file names each time it is asked."""
        now = datetime.datetime.now(datetime.UTC)
        days = datetime.timedelta(days=1)
        certificate = self._authority.issue_cert(
            host,
            not_before=now - 9 * days,
            not_after=now - days if expired else now + 9 * days,
        )
        made = Papers(
            self._folder / f"{self._name}-{name}.crt", self._folder / f"{self._name}-{name}.key"
        )
        certificate.private_key_pem.write_to_path(made.key_file)
        certificate.cert_chain_pems[0].write_to_path(made.cert_file)
        return made


def tls_options(papers: Papers, ca_file: Path, port: int, *, mutual: bool = False) -> list[str]:
    """What makes a redis-server speak TLS."""
    return [
        *("--tls-port", str(port), "--tls-auth-clients", "yes" if mutual else "no"),
        *("--tls-cert-file", str(papers.cert_file), "--tls-key-file", str(papers.key_file)),
        *("--tls-ca-cert-file", str(ca_file)),
    ]


@dataclass(frozen=True, slots=True)
class Secure:
    """A server and both its ports."""

    server: EmbeddedServer
    port: int

    @property
    def url(self) -> str:
        return f"rediss://{HOST}:{self.port}/0"


@contextmanager
def secure_server(
    papers: Papers, ca_file: Path, *, mutual: bool = False, args: Sequence[str] = ()
) -> Iterator[Secure]:
    """Running until the end of the block."""
    port = free_port()
    server = RedisServer(args=[*tls_options(papers, ca_file, port, mutual=mutual), *args])
    try:
        server.start()
        yield Secure(server, port)
    finally:
        server.close()


def free_port() -> int:
    """Nobody's at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def variables(url: str, *, ca: Path | None = None, papers: Papers | None = None) -> Variables:
    """What a program is told."""
    found = {"GIVEWAY_REDIS_URL": url}
    found |= {"GIVEWAY_REDIS_CA_FILE": str(ca)} if ca else {}
    if papers:
        found["GIVEWAY_REDIS_CERT_FILE"] = str(papers.cert_file)
        found["GIVEWAY_REDIS_KEY_FILE"] = str(papers.key_file)
    return found
