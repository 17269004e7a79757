"""One moment of the demo as data: what the screen draws and the plain log prints."""

from dataclasses import dataclass
from enum import Enum

from giveway.core.record import TierSnapshot


class Kind(Enum):
    """What an event is about; the screen gives each kind a colour of its own."""

    ORDER = "order"
    GAVE_WAY = "gave way"
    NEXT = "next"
    GOES_ON = "goes on"
    KILLED = "killed"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, `seconds` after the start, in process `pid` (0: outside of any)."""

    seconds: float
    kind: Kind
    text: str
    pid: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """What one worker process runs, and which batch waits in its memory below that."""

    pid: int
    runs: str
    urgent: bool = False
    suspended: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that can be seen at one moment."""

    act: str
    seconds: float
    tiers: tuple[TierSnapshot, ...] = ()
    slots: tuple[Slot, ...] = ()
    events: tuple[Event, ...] = ()
    label: str = ""
    done: int = 0
    total: int = 1
    urgent_done: int = 0
    urgent_ordered: int = 0
