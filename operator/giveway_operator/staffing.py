"""How many slots keep the promises of all tiers, from one look.

Model: tiers 1 … K, 1 the most urgent. Whatever is more urgent goes first, so what tier k needs is
computed over tiers 1 to k together: offered load a≤k = Σ λ_j·S_j (Little 1961) plus head room
β·√a≤k for the chance that several come at once (Halfin & Whitt 1981; when which β pays: Borst,
Mandelbaum & Reiman 2004, doi:10.1287/opre.1030.0081), plus what it takes to work off within the
horizon H_k what has piled up. Tiers below k do not enter: batches give way to them between two
items, so they are in the way for one item at most, and a plain task until it is done.

Invariants: `needed` never falls when any L, A, λ or S grows or an SLO shrinks; what stands below
tier k does not change what k needs. Bounds and time are not here (`policy`, `windows`).
"""

import math
from collections.abc import Sequence

from giveway_operator.decision import TierNeed
from giveway_operator.load import TierLoad

ETA = 0.6  # of the promise is planned with; the rest is for what the model does not know
LOOK_SECONDS = 2.0  # from one look to the next: nothing is steered faster


def horizon_seconds(*, slo: float, oldest: float, startup: float) -> float:
    """H: by when what waits is to be begun: max(T - A - τ, T/10, 2 s, min(τ, SLO)), T = 0.6·SLO.

    One rule for all tiers. The lower bounds keep a late head from asking for everything at once:
    more pods than can help before they have started would only be too many afterwards.
    """
    target = ETA * slo
    return max(target - oldest - startup, target / 10, LOOK_SECONDS, min(startup, slo))


def head_room(*, slo: float, startup: float) -> float:
    """β: how many standard deviations of slots stand ready, from what new pods could still save.

    A tier whose target passes while a pod starts cannot be helped by scaling: what comes must find
    a slot, β 1.3 (P(delay) 0.13 by `erlang.delay_probability`), growing to 1.74 (0.05) where starts
    take a minute. One that can wait for ten starts needs none. In between by the logarithm.
    """
    starts = ETA * slo / max(startup, 0.1)
    most = 1.3 + 0.44 * min(1.0, max(0.0, (startup - 20) / 40))
    return most * min(1.0, max(0.0, 1 - math.log10(max(starts, 1e-9))))


def work_seconds(tier: TierLoad) -> float:
    """V: what waits at its mean, and what is left in batches that have begun."""
    waiting = 0 if tier.paused else tier.waiting
    return waiting * tier.service_seconds + tier.batch_work_seconds


def needs(tiers: Sequence[TierLoad], *, startup: float) -> tuple[TierNeed, ...]:
    """What each tier needs with everything above it: m_k = a + β√a + V/H, in slots.

    Never more than the tasks that exist up to there: a slot without a task helps nobody, and at
    zero an old λ must not start anything.
    """
    found: list[TierNeed] = []
    offered = work = 0.0
    exist = 0
    for tier in tiers:
        if not tier.paused:
            offered += tier.arrivals_per_second * tier.service_seconds
            exist += tier.waiting
        work += work_seconds(tier)
        exist += tier.running
        horizon = horizon_seconds(slo=tier.slo_seconds, oldest=_age(tier), startup=startup)
        beta = head_room(slo=tier.slo_seconds, startup=startup)
        slots = min(offered + beta * math.sqrt(offered) + work / horizon, exist)
        found.append(_need(tier, slots=slots, offered=offered, work=work, horizon=horizon))
    return tuple(found)


def held_slots(tiers: Sequence[TierLoad]) -> float:
    """Slots that work in hand still holds at the next look.

    What runs has to be done by somebody: to take its slot away saves nothing. A task shorter than
    the time between two looks is gone before anybody could act, so it counts by that part.
    """
    return sum(
        max(0, tier.running - tier.suspended) * min(1.0, _piece_seconds(tier) / LOOK_SECONDS)
        for tier in tiers
    )


def _piece_seconds(tier: TierLoad) -> float:
    return max(tier.service_seconds, tier.batch_work_seconds)


def _age(tier: TierLoad) -> float:
    return tier.oldest_seconds if tier.waiting and not tier.paused else 0.0


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
