"""The files that open a connection: the password, whom to trust, who we are.

Each is read again when a connection is opened, so that what is rotated is picked up. Paths only:
nothing is read here, and importing this costs nothing. What TLS makes of them: `tls.py`.
"""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """The settings `redis_password_file`, `redis_ca_file`, `redis_cert_file`, `redis_key_file`.

    Each wins over what the URL says of the same thing.
    """

    password_file: Path | None = field(default=None, repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


OPEN = Access()
