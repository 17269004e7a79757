"""What a control plane needs before its first start: an authority, keys, and who the admin is."""

from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ADMIN_TOKEN = "tests-admin"
_NAMES = ("127.0.0.1", "localhost", "kubernetes.default.svc", "10.96.0.1")


@dataclass(frozen=True, slots=True)
class Papers:
    """Files in one folder."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.crt"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    @property
    def tokens(self) -> Path:
        """Of users who are no service accounts: token, name, id, groups."""
        return self.folder / "tokens.csv"

    @property
    def signing_key(self) -> Path:
        """Signs the tokens of service accounts; the API server checks them with the same file."""
        return self.folder / "service-accounts.key"

    def make(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.authority)
        issued = authority.issue_cert(*_NAMES)
        issued.private_key_pem.write_to_path(self.key)
        issued.cert_chain_pems[0].write_to_path(self.certificate)
        self.tokens.write_text(f"{ADMIN_TOKEN},admin,admin,system:masters\n")
        self.signing_key.write_bytes(_rsa_key())


def _rsa_key() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
