"""What must hold when all is over. Each check answers with what is wrong, or with nothing."""

from collections import Counter
from collections.abc import Iterator
from typing import cast

from tests.chaos.observer import Seen
from tests.chaos.plan import ITEMS, TIERS, Plan
from tests.integration.worker.journal import Line
from tests.integration.worker.shop import Shop

# docs/protocol.md: without a TTL by design, once nothing waits, runs or is dead.
LASTING = {"control", "stats", "workers", "workers:seen", "dead", "done", "done:batches"}


def wrong(shop: Shop, plan: Plan, ids: list[str], *, kills: int, seen: Seen) -> list[str]:
    """Everything that does not hold."""
    counters = {
        name: sum(tier.counters.get(name, 0) for tier in shop.snapshot().tiers)
        for name in _COUNTERS
    }
    checks = (
        _settled(shop, ids),
        _counters(counters, plan, len(ids), kills=kills),
        _repeats(shop.journal.lines(), plan, counters, kills=kills),
        _observed(seen, counters),
        _keys(shop),
    )
    return [complaint for check in checks for complaint in check]


_ENDINGS = ("done", "retried", "yielded", "released", "crashed")
_COUNTERS = (*_ENDINGS, "enqueued", "claimed", "failed", "dead", "recovered", "cancelled", "lost")


def _settled(shop: Shop, ids: list[str]) -> Iterator[str]:
    """None lost, none settled twice."""
    times = Counter(
        entry.split()[0].decode()
        for key in (shop.keys.done, shop.keys.done_batches)
        for entry in cast("list[bytes]", shop.redis.lrange(key, 0, -1))
    )
    lost = [id for id in ids if not times[id]]
    twice = [id for id in ids if times[id] > 1]
    if lost:
        yield f"{len(lost)} tasks were lost: {lost[:5]}"
    if twice:
        yield f"{len(twice)} tasks were settled twice: {twice[:5]}"
    if len(times) != len(ids):
        yield f"{len(times)} ids were settled, {len(ids)} were enqueued"


def _counters(counters: dict[str, int], plan: Plan, tasks: int, *, kills: int) -> Iterator[str]:
    expected = {
        "enqueued": tasks,
        "done": tasks,
        "dead": 0,
        "cancelled": 0,
        "recovered": 0,  # the supervisor lives: nobody waits for a lease to end
        "lost": 0,
    }
    for name, number in expected.items():
        if counters[name] != number:
            yield f"counter {name} is {counters[name]}, not {number}"
    # A killed process takes failures along that it has not reported; their tasks run again.
    unreported = plan.failing - counters["failed"]
    if not 0 <= unreported <= counters["crashed"] + counters["released"]:
        yield f"{counters['failed']} failures were counted of {plan.failing}"
    if counters["retried"] != counters["failed"]:
        yield f"{counters['retried']} retries of {counters['failed']} failures"
    if counters["crashed"] > kills:
        yield f"{counters['crashed']} crashes were charged, {kills} processes were killed"
    ended = sum(counters[name] for name in _ENDINGS)
    if counters["claimed"] != ended:
        yield f"{counters['claimed']} claims, but {ended} of them ended: {counters}"


def _repeats(
    lines: list[Line], plan: Plan, counters: dict[str, int], *, kills: int
) -> Iterator[str]:
    """A process that is killed has at most one task in hand, or one item of a batch."""
    items = Counter((line.id, line.n) for line in lines if line.what == "begins")
    batches = {id for id, _ in items}
    runs = Counter(
        line.id for line in lines if line.what in ("start", "tick") and line.id not in batches
    )
    again = sum(n - 1 for n in runs.values()) - plan.failing
    again += sum(n - 1 for n in items.values())
    if again > counters["crashed"]:
        yield f"{again} repetitions, {counters['crashed']} crashes in {kills} kills"
    short = {id for id in batches if len({n for other, n in items if other == id}) != ITEMS}
    if short or len(batches) != plan.batches:
        yield f"{len(batches)} of {plan.batches} batches ran, with items missing in {short}"


def _observed(seen: Seen, counters: dict[str, int]) -> Iterator[str]:
    """The order of claims as the server made them."""
    yield from seen.out_of_order[:5]
    if seen.claimed != counters["claimed"]:
        yield f"MONITOR showed {seen.claimed} claims, the counters {counters['claimed']}"
    if any(seen.lengths.values()):
        yield f"MONITOR showed work that nobody took: {seen.lengths}"


def _keys(shop: Shop) -> Iterator[str]:
    """No key lives for ever that should not; no marker or lease is left."""
    for key in shop.redis.scan_iter(match=f"{shop.keys.prefix}*", count=1000):
        name = key.decode().removeprefix(shop.keys.prefix)
        notice = name in {f"wake:{tier}" for tier in TIERS}
        if name in LASTING or (notice and shop.redis.zrange(key, 0, -1) == [b"due"]):
            continue
        if shop.redis.ttl(key) == -1:
            yield f"{name} has no TTL and is not on the list"
