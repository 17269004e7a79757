"""Answers of the protocol that are not results: internal to whoever runs commands.

A verb answers them as error replies before its first write, so each may be dealt with and the
same command sent again.
"""

from giveway.errors import ConfigurationError, CursorError, StoreError, TiersConflict, UnknownTier


class Unconfigured(StoreError):
    """The queue has no `control` yet: configure its tiers and send the same command again."""


class StaleRequest(StoreError):
    """A later request of this requester has been answered, or this one was taken back."""


def refusal(code: str, rest: str) -> Exception | None:
    """The error for an error reply of ours; None if it is not one of ours."""
    if code == "UNCONFIGURED":
        return Unconfigured(rest)
    if code == "STALE":
        return StaleRequest(rest)
    if code == "SEQUENCE":
        return CursorError(f"checkpoint out of sequence: {rest}")
    if code == "CONFLICT":
        return TiersConflict(
            f"the queue's tiers are {', '.join(rest.split())}: this app's tiers must be among "
            "them, or extend them, in the same order"
        )
    if code == "UNKNOWN_TIER":
        name, *tiers = rest.split()
        return UnknownTier(f"tier {name!r} is not one of the queue's: {', '.join(tiers)}")
    if code == "INVALID":
        return ConfigurationError(rest)
    return None
