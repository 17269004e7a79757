"""What has to be written so that `control` says what its resource says. Pure.

Rules, in this order:
1. An app set the tiers, and uses one that the resource does not name (or names in another order):
   a conflict. Taking its tiers away would have its work refused; somebody has to decide. Until then
   only rule 4 holds: its workers are scaled all the same.
2. The tiers are others, or somebody else's: they are set, and the operator owns them from then on.
3. A tier of the resource has another bound than it says, or one that it does not say.
4. Workers are to be asked to drain, or no longer.

Tiers and bounds are left alone where nothing is said of them (`tiers` empty), and so are bounds of
tiers that are draining.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from giveway.core.task import Request
from giveway.core.tiers import Control
from giveway.store.command import Command
from giveway.store.commands import Commands


@dataclass(frozen=True, slots=True)
class WantedControl:
    """What `control` shall say. `tiers`: the most urgent first; `limits`: of tiers that have one.

    No tiers: they and their limits are left as they are. `drain`, `release`: incarnations of
    workers to ask to finish, and to ask no longer; others that are asked already are left alone,
    they may be another resource's on the same queue.
    """

    tiers: tuple[str, ...]
    limits: Mapping[str, int] = field(default_factory=dict)
    drain: frozenset[str] = frozenset()
    release: frozenset[str] = frozenset()

    @property
    def of_workers(self) -> "WantedControl":
        """The part of it that is about workers."""
        return WantedControl((), drain=self.drain, release=self.release)


@dataclass(frozen=True, slots=True)
class SetTiers:
    """Rule 2."""

    tiers: tuple[str, ...]

    def command(self, commands: Commands, request: Request) -> Command[Control]:
        return commands.configure_tiers(request, tiers=self.tiers, role="operator")


@dataclass(frozen=True, slots=True)
class SetLimit:
    """Rule 3. None: no bound."""

    tier: str
    max_length: int | None

    def command(self, commands: Commands, request: Request) -> Command[Control]:
        return commands.limit(request, self.tier, self.max_length)


@dataclass(frozen=True, slots=True)
class SetDrain:
    """Rule 4."""

    incarnations: tuple[str, ...]
    drain: bool

    def command(self, commands: Commands, request: Request) -> Command[Control]:
        return commands.drain(request, self.incarnations, self.drain)


Step = SetTiers | SetLimit | SetDrain


def conflict(wanted: WantedControl, seen: Control | None) -> tuple[str, ...] | None:
    """The tiers that an app uses and the resource would take away; None: rule 1 does not hold."""
    if seen is None or seen.owner != "app" or not wanted.tiers:
        return None
    return None if _is_subsequence(seen.open, wanted.tiers) else seen.open


def differences(wanted: WantedControl, seen: Control | None) -> tuple[Step, ...]:
    """Rules 2 to 4, as steps in this order. `seen`: None where nobody has configured the queue."""
    return (*_tiers(wanted, seen), *_limits(wanted, seen), *_drains(wanted, seen))


def _tiers(wanted: WantedControl, seen: Control | None) -> Iterator[Step]:
    if not wanted.tiers:
        return
    if seen is None or seen.owner != "operator" or seen.open != wanted.tiers:
        yield SetTiers(wanted.tiers)


def _limits(wanted: WantedControl, seen: Control | None) -> Iterator[Step]:
    bounds = seen.limits if seen is not None else {}
    for tier in wanted.tiers:
        if wanted.limits.get(tier) != bounds.get(tier):
            yield SetLimit(tier, wanted.limits.get(tier))


def _drains(wanted: WantedControl, seen: Control | None) -> Iterator[Step]:
    asked = seen.drain if seen is not None else frozenset()
    if wanted.drain - asked:
        yield SetDrain(tuple(sorted(wanted.drain - asked)), drain=True)
    if wanted.release & asked:
        yield SetDrain(tuple(sorted(wanted.release & asked)), drain=False)


def _is_subsequence(part: Sequence[str], whole: Sequence[str]) -> bool:
    rest = iter(whole)
    return all(name in rest for name in part)
