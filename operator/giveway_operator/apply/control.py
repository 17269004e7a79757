"""Brings a queue's `control` to what its resource says, and hands it back when that is deleted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from giveway.core.tiers import Control
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import WatchedQueue


class Outcome(Enum):
    """What became of it."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    CONFLICT = "conflict"  # an app owns other tiers: nothing was changed
    FAILED = "failed"  # Redis did not do it: the next tick tries again


@dataclass(frozen=True, slots=True)
class WantedControl:
    """What `control` shall say. `tiers`: the most urgent first; `limits`: of tiers that have one.

    `drain`, `release`: incarnations of workers to ask to finish, and to ask no longer; others that
    are asked already are left alone, they may be another resource's on the same queue.
    """

    tiers: tuple[str, ...]
    limits: Mapping[str, int] = field(default_factory=dict)
    drain: frozenset[str] = frozenset()
    release: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Applied:
    """`message` says what to do about CONFLICT and FAILED; `control`: as it stands, if known."""

    outcome: Outcome
    message: str = ""
    control: Control | None = None


class Controls:
    """Writes `control` of any queue. One for each operator."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    async def apply(
        self, queue: WatchedQueue, wanted: WantedControl, *, seen: Control | None
    ) -> Applied:
        """Writes what differs from `seen`; without a difference nothing is sent. Never raises."""
        raise NotImplementedError

    async def hand_back(self, queue: WatchedQueue) -> Applied:
        """The resource is gone: apps may extend the tiers again, nobody is asked to drain."""
        raise NotImplementedError
