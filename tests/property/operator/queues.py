"""Queues as hypothesis draws them: any load, any bounds, any memory."""

from hypothesis import strategies as st

from giveway_operator.decision import Bounds
from giveway_operator.load import Load, Missing, TierLoad

NAMES = "abcdefgh"


def seconds(least: float, most: float) -> st.SearchStrategy[float]:
    return st.floats(least, most, allow_nan=False, allow_infinity=False)


@st.composite
def tiers(draw: st.DrawFn, *, least: int = 1, most: int = 5) -> tuple[TierLoad, ...]:
    """Tiers whose promises do not get shorter down the list, as the resource demands."""
    slos = sorted(draw(st.lists(seconds(0.5, 7200), min_size=least, max_size=most)))
    return tuple(draw(tier(NAMES[place], slo)) for place, slo in enumerate(slos))


@st.composite
def tier(draw: st.DrawFn, name: str, slo: float) -> TierLoad:
    waiting = draw(st.integers(0, 2000))
    running = draw(st.integers(0, 200))
    suspended = draw(st.integers(0, running))
    return TierLoad(
        name=name,
        slo_seconds=slo,
        waiting=waiting,
        oldest_seconds=draw(seconds(0, 10_000)) if waiting else 0.0,
        running=running,
        arrivals_per_second=draw(st.just(0.0) | seconds(0, 200)),
        service_seconds=draw(seconds(0, 3600)),
        batch_work_seconds=draw(seconds(0, 50_000)) if running else 0.0,
        paused=draw(st.integers(0, 9)) == 0,
        suspended=suspended,
    )


def loads() -> st.SearchStrategy[Load]:
    return st.builds(Load, tiers(), st.none() | seconds(0, 1000))


def missing() -> st.SearchStrategy[Missing]:
    return st.builds(Missing, st.just("timeout"), seconds(0, 4000))


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    least = draw(st.integers(0, 5))
    return Bounds(
        min_replicas=least,
        max_replicas=least + draw(st.integers(0, 200)),
        slots_per_replica=draw(st.integers(1, 8)),
        startup_seconds=draw(seconds(0.1, 300)),
        connection_cap=draw(st.none() | st.integers(0, 100)),
        down_window_seconds=draw(st.none() | seconds(0, 900)),
        zero_window_seconds=draw(st.none() | seconds(0, 900)),
        fallback_replicas=draw(st.none() | st.integers(0, 50)),
        fallback_after_seconds=draw(seconds(0, 600)),
    )
