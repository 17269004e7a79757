"""What keys mean: a pure step from one state of the controls to the next, and maybe a wish.

What cannot be taken back without a word is asked first: dead tasks run again only after a `y`;
every other key answers no, and does nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from giveway.cli.words import count

HELP = (
    ("↑ ↓  k j", "select a tier"),
    ("p", "pause it: it takes work and gives none out; what runs goes on"),
    ("r", "let it go on"),
    ("t", "run the dead tasks of the queue again (asks first)"),
    ("?", "this help"),
    ("q", "quit"),
)
COLUMNS = (
    ("susp later", "in memory below urgent work; delayed, or between two tries"),
    ("p50 p95 p99", "how long tasks of the last minute waited"),
    ("failed dead", "since the queue began; the verdict counts who is dead now"),
)


class Verb(Enum):
    """What is wished for; the words stand in the status line until it is done."""

    PAUSE = "pausing"
    RESUME = "resuming"
    RETRY = "running dead tasks again"
    QUIT = "leaving"


@dataclass(frozen=True, slots=True)
class Wish:
    """Something to be done; `tier` if it is about one."""

    verb: Verb
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """The status line."""

    text: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Controls:
    """`tier`: the selected one, by name, because the list may change; `asking`: for a `y`."""

    tier: str | None = None
    asking: bool = False
    helping: bool = False
    said: Said = Said()


Step = tuple[Controls, Wish | None]


def selected(controls: Controls, tiers: Sequence[str]) -> str | None:
    """The tier that keys are about. None at first: no stray key shall pause anything."""
    return controls.tier if controls.tier in tiers else None


def press(controls: Controls, key: str, *, tiers: Sequence[str], dead: int) -> Step:
    """The next state, and what is to be done."""
    if controls.asking:
        return _answered(controls, key)
    calm = replace(controls, said=Said(), helping=False)
    match key:
        case "q":
            return calm, Wish(Verb.QUIT)
        case "?":
            return replace(calm, helping=not controls.helping), None
        case "up" | "k" | "down" | "j":
            return _moved(calm, tiers, by=-1 if key in {"up", "k"} else 1), None
        case "p" | "r":
            verb = Verb.PAUSE if key == "p" else Verb.RESUME
            return _about_tier(calm, verb, selected(controls, tiers))
        case "t":
            return _asked(calm, dead), None
        case "escape":
            return calm, None
    return replace(calm, said=Said(f"{key!r} does nothing here: ? for help")), None


def _moved(controls: Controls, tiers: Sequence[str], *, by: int) -> Controls:
    if not tiers:
        return controls
    now = selected(controls, tiers)
    index = tiers.index(now) + by if now is not None else 0
    return replace(controls, tier=tiers[min(max(0, index), len(tiers) - 1)])


def _about_tier(controls: Controls, verb: Verb, tier: str | None) -> Step:
    if tier is None:
        return replace(controls, said=Said("select a tier first: ↑ ↓")), None
    said = Said(f"{verb.value} {tier} …")
    return replace(controls, tier=tier, said=said), Wish(verb, tier)


def _asked(controls: Controls, dead: int) -> Controls:
    if not dead:
        return replace(controls, said=Said("there are no dead tasks"))
    question = f"run {count(dead, 'dead task')} again? y: yes, any other key: no"
    return replace(controls, asking=True, said=Said(question))


def _answered(controls: Controls, key: str) -> Step:
    if key == "y":
        return replace(controls, asking=False, said=Said(f"{Verb.RETRY.value} …")), Wish(Verb.RETRY)
    return replace(controls, asking=False, said=Said("nothing was done")), None
