"""The workers: what runs in which process, and which batches wait in memory below that."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.text import Text

from giveway.cli.top.facts import Phase, Work, Worker
from giveway.cli.top.moment import Moment
from giveway.cli.top.panels.lines import Line, lines
from giveway.cli.words import brief, count, duration

_PHASES = list(Phase)
_NAME = 22
_STEADY_SLOTS = 4


def workers(moment: Moment, *, rows: int) -> RenderableType:
    """In so many rows; who is silent stands first."""
    found = moment.workers
    silent = sum(worker.silent for worker in found)
    title = count(len(found), "worker") + (f", {silent} silent" if silent else "")
    return lines(worker_lines(moment), title, rows=rows, nothing="no worker runs")


def rows_wanted(moment: Moment) -> int:
    """Room for a task and a suspended batch in every slot: panels that jump are hard to read."""
    slots = sum(min(worker.capacity, _STEADY_SLOTS) for worker in moment.workers)
    return max(1, len(worker_lines(moment)), len(moment.workers) + 2 * slots)


def worker_lines(moment: Moment) -> list[Line]:
    """All of them."""
    ranks = {tier.now.name: rank for rank, tier in enumerate(moment.tiers)}
    found: list[Line] = []
    for worker in moment.workers:
        found.append(_heading(worker, now=moment.at))
        found += _slots(worker, ranks)
    return found


def _heading(worker: Worker, *, now: float) -> Line:
    if worker.silent:
        style, sign = "bold red", "✗"
        right = f"silent for {duration(worker.silent_seconds)}"
    else:
        style, sign = "", "●"
        right = _busy(worker, now)
    tiers = f"  {' '.join(worker.tiers)}"
    left = Text.assemble(
        (f"{sign} ", "bold red" if worker.silent else "green"),
        (worker.place, style or "bold"),
        (tiers, "dim"),
    )
    return left, Text(right, style=style or "dim")


def _busy(worker: Worker, now: float) -> str:
    words = [f"{worker.running} of {count(worker.capacity, 'slot')} busy"]
    ahead = sum(work.phase is Phase.CLAIMED for work in worker.work)
    words += [f"{ahead} claimed ahead"] if ahead else []
    words += [f"up {brief(max(0.0, now - worker.started))}"] if worker.started else []
    return " · ".join(words)


def _slots(worker: Worker, ranks: dict[str, int]) -> Iterator[Line]:
    held = [work for work in worker.work if work.phase is not Phase.CLAIMED]
    held.sort(
        key=lambda work: (
            work.process,
            work.slot,
            _PHASES.index(work.phase),
            ranks.get(work.tier, len(ranks)),
        )
    )
    for _, stack in groupby(held, key=lambda work: (work.process, work.slot)):
        yield from _stack([*stack], several=worker.slots > 1)


def _stack(stack: Sequence[Work], *, several: bool) -> Iterator[Line]:
    """What runs, and under it, deeper and deeper, what gave way for it."""
    for depth, work in enumerate(stack):
        where = f"{work.process + 1}.{work.slot + 1}" if several else f"{work.process + 1}"
        if work.phase is Phase.RUNNING:
            mark, style, right = f"  {where:>4} ", "", brief(work.seconds)
        else:
            mark = f"  {'':>4} {'  ' * max(0, depth - 1)}└ "
            style, right = "cyan", f"{work.phase.value} {brief(work.seconds)}"
        name = f"{work.task:<{max(1, _NAME - 2 * depth)}} "
        # The id is what `giveway task cancel` wants; where it has no room it is cut, not the task.
        held = Text.assemble((mark, "dim"), (name, style), (f"{work.tier}  {work.id}", "dim"))
        yield held, Text(right, style)
