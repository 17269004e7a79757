"""What a key does to the queue, and what is said about it afterwards, in one line."""

from giveway.cli.open_queue import OpenQueue
from giveway.cli.redrive import redrive_each
from giveway.cli.top.controls import Said, Verb, Wish
from giveway.cli.words import count
from giveway.errors import GivewayError


def act(opened: OpenQueue, wish: Wish) -> Said:
    """Does it; a failure is said, not raised."""
    try:
        if wish.verb is Verb.RETRY:
            return _retry(opened)
        return _set_paused(opened, wish.tier, paused=wish.verb is Verb.PAUSE)
    except GivewayError as error:
        return Said(f"not done: {' '.join(str(error).split())}", failed=True)


def _set_paused(opened: OpenQueue, tier: str, *, paused: bool) -> Said:
    opened.ask(lambda request: opened.commands.pause(request, [tier], paused))
    what = "is paused: it takes work and gives none out; what runs goes on"
    return Said(f"{tier} {what if paused else 'goes on'}")


def _retry(opened: OpenQueue) -> Said:
    moved = refused = 0
    for flags in redrive_each(opened, drop=False):
        moved += sum(flags)
        refused += len(flags) - sum(flags)
    stayed = f"; {refused:,} stayed dead: the tier they belong to is gone" if refused else ""
    again = f"{count(moved, 'dead task')} {'waits' if moved == 1 else 'wait'} again"
    return Said(again + stayed, failed=bool(refused))
