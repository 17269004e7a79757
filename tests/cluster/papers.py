"""What a control plane needs before its first start: an authority, keys, and who its users are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ADMIN_TOKEN = "tests-admin"
_NAMES = ("127.0.0.1", "localhost", "kubernetes.default.svc")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is no service account, known by a token."""

    token: str
    name: str
    group: str = ""


_ADMIN = User(ADMIN_TOKEN, "admin", "system:masters")


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

    def make(self, *, names: Sequence[str], users: Sequence[User] = ()) -> None:
        """`names`: of the server, beside those of every server; `users`: beside the admin."""
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.authority)
        issued = authority.issue_cert(*dict.fromkeys((*_NAMES, *names)))
        issued.private_key_pem.write_to_path(self.key)
        issued.cert_chain_pems[0].write_to_path(self.certificate)
        lines = [f"{each.token},{each.name},{each.name},{each.group}" for each in (_ADMIN, *users)]
        self.tokens.write_text("\n".join(lines) + "\n")
        self.signing_key.write_bytes(_rsa_key())


def _rsa_key() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
