"""The lease that the running code belongs to.

Apart from `lease.py`, so that `import giveway` does not pay for what only a worker needs.
"""

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from giveway.runtime.lease import Lease

_current: "ContextVar[Lease | None]" = ContextVar("giveway_lease", default=None)
running = _current.get


def enter(lease: "Lease") -> "Token[Lease | None]":
    """User code of this lease begins in this context."""
    return _current.set(lease)


def leave(token: "Token[Lease | None]") -> None:
    """It has ended."""
    _current.reset(token)
