"""How many slots keep the promises of all tiers, from one look.

Model: tiers 1 … K, 1 the most urgent; λ arrivals a second, S seconds each, V seconds of work that
is there, A the age of the head, τ until a new pod serves, T = 0.6·SLO the target. Tier k needs

    m_k = a + β·√a + V≤k / H_k            with a = a<k + w_k·a_k and a_j = λ_j·S_j (Little 1961)

- a<k: what is more urgent goes first, so it comes on top of what waits here, all of it.
- w_k·a_k: of what comes into tier k itself, the part that a pod asked for now would be too late
  for. The rest can wait until it stands in V: a tier with an hour needs no slot that stands ready,
  and its work fills the slots that stand ready for others, since batches give way.
- β·√a: head room, so that of what has to wait few wait longer than T (`erlang.beta_for`).
- V/H: what is there is begun within the horizon.

Tiers below k do not enter: batches give way to k between two items, so they are in the way for one
item at most, and a plain task until it is done. Invariants: what is needed never falls when any L,
A, λ or S grows or an SLO shrinks; nothing below tier k changes what k needs. Bounds and time are
not here (`policy`, `windows`).
"""

import math
from collections.abc import Sequence

from giveway_operator.decision import TierNeed
from giveway_operator.erlang import beta_for
from giveway_operator.load import PLANNED, TierLoad

LOOK_SECONDS = 2.0  # from one look to the next: nothing is steered faster
LATE = 0.02  # may wait longer than T by the model; decision 0075 has what others would cost


def horizon_seconds(*, slo: float, oldest: float, startup: float) -> float:
    """H: max(T - A - τ, T/10, 2 s, min(τ, SLO), τ/4): by when what waits is to be begun.

    One rule for all tiers. The lower bounds keep a late head from asking for everything at once:
    more pods than can help before they have started would only be too many afterwards.
    """
    target = PLANNED * slo
    return max(target - oldest - startup, target / 10, LOOK_SECONDS, min(startup, slo), startup / 4)


def too_late_share(*, slo: float, startup: float) -> float:
    """w: the part of a tier's arrivals that new pods cannot save, τ / (SLO - τ), at most all."""
    return 1.0 if slo <= 2 * startup else startup / (slo - startup)


def needs(tiers: Sequence[TierLoad], *, startup: float) -> tuple[TierNeed, ...]:
    """What each tier needs with everything above it, in slots.

    Never more than the tasks that exist up to there: a slot without a task helps nobody, and at
    zero an old λ must not start anything.
    """
    found: list[TierNeed] = []
    above = work = longest = 0.0
    exist = 0
    for tier in tiers:
        own = _offered(tier)
        offered = above + too_late_share(slo=tier.slo_seconds, startup=startup) * own
        work += _work_seconds(tier)
        exist += tier.running + _waiting(tier)
        longest = max(longest, tier.service_seconds if own else 0.0)
        room = _head_room(offered, patience=PLANNED * tier.slo_seconds / max(longest, 1e-3))
        age = tier.oldest_seconds if _waiting(tier) else 0.0
        horizon = horizon_seconds(slo=tier.slo_seconds, oldest=age, startup=startup)
        slots = min(offered + room + work / horizon, exist)
        above += own
        found.append(_need(tier, slots=slots, offered=above, work=work, horizon=horizon))
    return tuple(found)


def ready_slots(tiers: Sequence[TierLoad], *, startup: float) -> float:
    """Slots with which load like now could begin at any time and nobody would wait past T.

    For tiers whose promise is over before a pod has started: until there are more, a backlog of
    (a - c)·t grows and the last of it waits (a - c)·t / c <= T, hence c >= a·t / (t + T), with t
    from the first task to the first pod.
    """
    until = startup + 2 * LOOK_SECONDS
    ready = load = 0.0
    for tier in tiers:
        load += _offered(tier)
        if tier.slo_seconds <= startup:
            ready = max(ready, load * until / (until + PLANNED * tier.slo_seconds))
    return ready


def held_slots(tiers: Sequence[TierLoad]) -> float:
    """Slots that work in hand still holds at the next look.

    What runs has to be done by somebody: to take its slot away saves nothing. A task shorter than
    the time between two looks is gone before anybody could act, so it counts by that part.
    """
    return sum(
        max(0, tier.running - tier.suspended)
        * min(1.0, max(tier.service_seconds, tier.batch_work_seconds) / LOOK_SECONDS)
        for tier in tiers
    )


def _offered(tier: TierLoad) -> float:
    return 0.0 if tier.paused else tier.arrivals_per_second * tier.service_seconds


def _waiting(tier: TierLoad) -> int:
    return 0 if tier.paused else tier.waiting


def _work_seconds(tier: TierLoad) -> float:
    return _waiting(tier) * tier.service_seconds + tier.batch_work_seconds


def _head_room(offered: float, *, patience: float) -> float:
    if offered <= 0:
        return 0.0
    return math.sqrt(offered) * beta_for(LATE, offered=offered, patience=patience)


def _need(tier: TierLoad, *, slots: float, offered: float, work: float, horizon: float) -> TierNeed:
    return TierNeed(
        name=tier.name,
        slots=slots,
        offered=offered,
        work_seconds=work,
        horizon_seconds=horizon,
        waiting=tier.waiting,
        oldest_seconds=tier.oldest_seconds,
        slo_seconds=tier.slo_seconds,
        service_seconds=tier.service_seconds,
        running=tier.running,
    )
