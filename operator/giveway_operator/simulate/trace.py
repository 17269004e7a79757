"""What arrived: one row a task, and the CSV file that people exchange.

    seconds,tier,service_seconds[,items]

`seconds`: since the beginning of the trace, not falling. `service_seconds`: what the task takes a
worker, all its items together. `items` above 1: a batch, which may give way between two of them.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from pathlib import Path

from giveway.errors import GivewayError

COLUMNS = ("seconds", "tier", "service_seconds")
ITEMS = "items"
_MOST_ITEMS = 10_000_000


class BadTrace(GivewayError):
    """A trace that cannot be read; the message names line and column."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One task. `tier` is the index in the list of tiers, 0 the most urgent."""

    at: float
    tier: int
    service_seconds: float
    items: int = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """Arrivals in the order of time. `seconds`: how long was watched, also if nothing came."""

    arrivals: tuple[Arrival, ...]
    seconds: float

    @property
    def work_seconds(self) -> float:
        """What all of it takes one slot."""
        return sum(each.service_seconds for each in self.arrivals)


def read_trace(path: Path, *, tiers: Sequence[str]) -> Trace:
    """A trace from a file; raises `BadTrace`. Tiers are those that were promised something."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            arrivals = tuple(_rows(path.name, csv.reader(file), tiers))
    except OSError as error:
        raise BadTrace(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadTrace(f"{path.name} is no CSV file: {error}") from None
    if not arrivals:
        raise BadTrace(f"{path.name} has no rows after its heading: there is nothing to simulate")
    return Trace(arrivals, seconds=arrivals[-1].at)


def write_trace(path: Path, arrivals: Iterable[Arrival], *, tiers: Sequence[str]) -> int:
    """Writes the file that `read_trace` reads; returns how many rows that were."""
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow((*COLUMNS, ITEMS))
        for each in arrivals:
            name = tiers[each.tier]
            rows.writerow((f"{each.at:.3f}", name, f"{each.service_seconds:.6g}", each.items))
            count += 1
    return count


def _rows(name: str, rows: Iterator[list[str]], tiers: Sequence[str]) -> Iterator[Arrival]:
    heading = [word.strip() for word in next(rows, [])]
    if missing := [column for column in COLUMNS if column not in heading]:
        raise BadTrace(
            f"{name}, line 1: column {missing[0]} is missing; "
            f"the first line must be {','.join(COLUMNS)}, with {ITEMS} if there are batches"
        )
    places = {column: heading.index(column) for column in (*COLUMNS, ITEMS) if column in heading}
    order = {tier: index for index, tier in enumerate(tiers)}
    before = 0.0
    for line, cells in enumerate(rows, start=2):
        if not any(map(str.strip, cells)):
            continue
        row = _Row(f"{name}, line {line}", cells, places)
        arrival = row.arrival(order, before)
        before = arrival.at
        yield arrival


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    cells: list[str]
    places: dict[str, int]

    def arrival(self, order: dict[str, int], before: float) -> Arrival:
        at = self._number("seconds", least=0.0)
        if at < before:
            raise self._wrong("seconds", f"{at:g} comes before {before:g}: sort the rows by time")
        tier = self._text("tier")
        if tier not in order:
            known = ", ".join(order)
            raise self._wrong("tier", f"{tier!r} is not promised anything; --slo names {known}")
        return Arrival(at, order[tier], self._number("service_seconds", least=0.0), self._items())

    def _items(self) -> int:
        place = self.places.get(ITEMS)
        if place is None or place >= len(self.cells) or not self.cells[place].strip():
            return 1
        number = self._number(ITEMS, least=1.0)
        if number != int(number) or number > _MOST_ITEMS:
            raise self._wrong(ITEMS, f"{number:g} is not a number of items (1 or more, whole)")
        return int(number)

    def _number(self, column: str, *, least: float) -> float:
        text = self._text(column)
        try:
            number = float(text)
        except ValueError:
            raise self._wrong(column, f"{text!r} is not a number") from None
        if not isfinite(number) or number < least:
            raise self._wrong(column, f"{text} must be {least:g} or more")
        return number

    def _text(self, column: str) -> str:
        place = self.places[column]
        text = self.cells[place].strip() if place < len(self.cells) else ""
        if not text:
            raise self._wrong(column, "is empty")
        return text

    def _wrong(self, column: str, why: str) -> BadTrace:
        return BadTrace(f"{self.where}, column {column}: {why}")


def joined(*parts: Iterable[Arrival]) -> tuple[Arrival, ...]:
    """Several streams as one, by time; what comes at the same instant stays in this order."""
    return tuple(sorted(chain(*parts), key=lambda arrival: arrival.at))
