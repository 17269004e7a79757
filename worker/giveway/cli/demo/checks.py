"""What must be true at the end, looked up in the files themselves.

1. Every ordered package is there, opens, passes its CRCs, carries its channel and its checksum.
2. Nothing else is there under the name of a package.
3. The journal shows one execution for every package; the process that was killed may cause one
   more, for the package that it had in hand.
4. Every order is settled as done, and nothing is left in the queue.
5. Every urgent package overtook the batch, sooner than it would have without giving way.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

from giveway.cli.words import count, duration
from giveway.core.record import Snapshot

_READERS = 2  # CRC, inflate and SHA-256 let go of the interpreter's lock


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, in words."""

    passed: bool
    text: str

    @classmethod
    def yes(cls, text: str) -> "Check":
        return cls(passed=True, text=text)

    @classmethod
    def no(cls, text: str) -> "Check":
        return cls(passed=False, text=text)


def archives(
    channels: Sequence[int],
    *,
    path_of: Callable[[int], Path],
    check: Callable[[int], None],
    progress: Callable[[int], None],
) -> Iterator[Check]:
    """Checks 1 and 2. `progress` is told how many archives have been read."""
    problems: list[str] = []
    with ThreadPoolExecutor(_READERS) as readers:
        for number, problem in enumerate(readers.map(lambda c: _problem(c, check), channels), 1):
            problems += [problem] if problem else []
            progress(number)
    good = len(channels) - len(problems)
    text = f"{good} of {count(len(channels), 'archive')} open and carry the right channel"
    yield Check(not problems, text + _examples(problems))
    expected = {path_of(channel).name for channel in channels}
    found = {path.name for path in path_of(channels[0]).parent.glob("channel-*.zip")}
    missing, foreign = sorted(expected - found), sorted(found - expected)
    yield Check(not missing, f"{len(missing) or 'none'} missing" + _examples(missing))
    if foreign:
        yield Check.no(f"{len(foreign)} that nobody ordered" + _examples(foreign))


def executions(stamped: Sequence[int], *, channels: Sequence[int], in_hand: int | None) -> Check:
    """Check 3. `stamped`: the channels in the order of the journal."""
    times = Counter(stamped)
    again = {channel: n for channel, n in times.items() if n > 1}
    never = [channel for channel in channels if channel not in times]
    allowed = {in_hand: 2} if in_hand is not None else {}
    redone = f"package {in_hand} begun twice: its process was killed" if again else "none twice"
    text = f"{count(len(stamped), 'stamp')} for {count(len(channels), 'package')}, {redone}"
    if again.items() <= allowed.items() and not never:
        return Check.yes(text)
    wrong = sorted((again.keys() - allowed.keys()) | {c for c, n in again.items() if n > 2})
    return Check.no(f"made more than once: {wrong}, never made: {never}")


def settled(unlike: Sequence[str], snapshot: Snapshot) -> Check:
    """Check 4. `unlike`: the orders that did not end as they should, in words."""
    left = sum(tier.depth + tier.inflight + tier.delayed for tier in snapshot.tiers)
    if unlike or left or snapshot.dead:
        rest = f"{left} left in the queue, {snapshot.dead} dead"
        return Check.no(f"not settled as they should be: {len(unlike)}{_examples(unlike)}; {rest}")
    return Check.yes("every order settled, nothing left in the queue, nothing dead")


def overtaking(waits: Sequence[float], *, without: Sequence[float], in_time: bool) -> Check:
    """Check 5. `waits` and `without`: seconds with and without giving way."""
    text = (
        f"urgent packages waited at most {duration(max(waits))}, "
        f"without giving way at least {duration(min(without))}"
    )
    late = "" if in_time else "; some began only after the batch"
    return Check(in_time and max(waits) < min(without), text + late)


def _problem(channel: int, check: Callable[[int], None]) -> str:
    try:
        check(channel)
    except FileNotFoundError as error:
        return f"{Path(error.filename).name} is not there"
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        return str(error)
    return ""


def _examples(names: Sequence[str]) -> str:
    return f" ({'; '.join(names[:3])}{'; …' if len(names) > 3 else ''})" if names else ""
