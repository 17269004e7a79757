"""Dead tasks run again or are dropped: some by name, or all of them with a progress bar."""

from collections.abc import Iterator, Sequence

from giveway.cli.open_queue import OpenQueue
from giveway.cli.progress import progress
from giveway.cli.record import check_id
from giveway.cli.terminal import complain, print_json
from giveway.cli.words import count
from giveway.core.task import TaskId

_PAGE = 500


def redrive_named(opened: OpenQueue, ids: Sequence[str], *, drop: bool, as_json: bool) -> int:
    """Redrives or drops these; returns the exit code, 1 if one of them could not be."""
    wanted = [check_id(id) for id in ids]
    flags = _redrive(opened, wanted, drop=drop)
    word = "dropped" if drop else "waits again"
    if as_json:
        print_json([{"id": id, "done": flag} for id, flag in zip(wanted, flags, strict=True)])
    for id, flag in zip(wanted, flags, strict=True):
        if not flag:
            complain(f"{id} is not {'dead' if drop else 'dead or delayed, or its tier is gone'}")
        elif not as_json:
            print(id, word)
    return 0 if all(flags) else 1


def redrive_all(opened: OpenQueue, *, drop: bool, as_json: bool) -> int:
    """All that are dead now; what dies meanwhile is left for the next call."""
    from giveway.store import reads

    total = opened.look(reads.dead_count(opened.keys))
    moved = refused = 0
    with progress("dropping" if drop else "redriving", total=total) as done:
        for flags in redrive_each(opened, drop=drop):
            moved += sum(flags)
            refused += len(flags) - sum(flags)
            done(len(flags))
    if as_json:
        print_json({"done": moved, "refused": refused})
    else:
        print(count(moved, "task"), "dropped" if drop else "redriven")
    if refused:
        complain(f"{count(refused, 'task')} stayed dead: the tier they belong to is gone")
    return 1 if refused else 0


def redrive_each(opened: OpenQueue, *, drop: bool) -> Iterator[tuple[bool, ...]]:
    """Redrives or drops all that are dead now, page by page; answers whether each was moved."""
    for page in _pages(opened):
        yield _redrive(opened, page, drop=drop)


def _pages(opened: OpenQueue) -> Iterator[list[TaskId]]:
    """Pages of dead ids. All are read before any is moved: moving them shifts the later pages."""
    from giveway.store import reads

    total = opened.look(reads.dead_count(opened.keys))
    ids: list[TaskId] = []
    for start in range(0, total, _PAGE):
        ids += [id for id, _ in opened.look(reads.dead_page(opened.keys, start, _PAGE))]
    for start in range(0, len(ids), _PAGE):
        yield ids[start : start + _PAGE]


def _redrive(opened: OpenQueue, ids: Sequence[TaskId], *, drop: bool) -> tuple[bool, ...]:
    return opened.ask(lambda request: opened.commands.redrive(request, ids=ids, drop=drop))
