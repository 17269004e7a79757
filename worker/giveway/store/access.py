"""What opens a connection: the password, whom to trust, who we are.

Files are read again when a connection is opened, so that what is rotated is picked up. Paths only:
nothing is read here, and importing this costs nothing. What TLS makes of them: `tls.py`. Whoever
has no files but the contents (the operator: of Secrets) gives those.
"""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """The settings `redis_password_file`, `redis_ca_file`, `redis_cert_file`, `redis_key_file`.

    Each wins over what the URL says of the same thing. `password` and `ca_pem` are contents in the
    place of the first two.
    """

    password_file: Path | None = field(default=None, repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    password: str | None = field(default=None, repr=False)
    ca_pem: str | None = field(default=None, repr=False)


OPEN = Access()
