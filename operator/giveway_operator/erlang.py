"""Queueing formulas: how often and how long a task waits for a slot.

Model: Poisson arrivals λ, exponential service with mean S, c slots; offered load a = λ·S slots
(Little 1961, doi:10.1287/opre.9.3.383: L = λW). Real work is neither, so the law only takes the
*shape* of its head room from here (`staffing`); the simulator is checked against these formulas.
"""

import math


def erlang_b(*, offered: float, slots: int) -> float:
    """The part of arrivals that would find all slots busy and go away (Erlang 1917).

    By the recursion B_0 = 1, B_n = a·B_{n-1} / (n + a·B_{n-1}), which does not overflow.
    """
    blocked = 1.0
    for n in range(1, slots + 1):
        blocked = offered * blocked / (n + offered * blocked)
    return blocked


def erlang_c(*, offered: float, slots: int) -> float:
    """The part of arrivals that have to wait (Erlang 1917): C = B / (1 - ρ(1 - B)); 1 if ρ >= 1."""
    if offered >= slots:
        return 1.0
    blocked = erlang_b(offered=offered, slots=slots)
    return blocked / (1 - offered / slots * (1 - blocked))


def mean_wait_seconds(*, offered: float, slots: int, service_seconds: float) -> float:
    """Mean wait of M/M/c: C·S / (c - a); infinite if the slots are too few."""
    if offered >= slots:
        return math.inf
    waits = erlang_c(offered=offered, slots=slots)
    return waits * service_seconds / (slots - offered)


def priority_waits_seconds(
    *, offered: tuple[float, ...], slots: int, service_seconds: float
) -> tuple[float, ...]:
    """Mean waits of tiers under strict priority without preemption, all with one mean service time.

    Cobham 1954 (doi:10.1287/opre.2.1.70); for c slots Davis 1966 (doi:10.1287/opre.14.1.133):
    W_k = (C·S/c) / ((1-σ_{k-1})(1-σ_k)), σ_k the part of all slots that tiers 1 to k keep busy.
    With preemption tiers 1 to k do not see the rest: `mean_wait_seconds` of their load alone.
    """
    base = erlang_c(offered=sum(offered), slots=slots) * service_seconds / slots
    waits, above = [], 0.0
    for load in offered:
        until = above + load / slots
        waits.append(base / ((1 - above) * (1 - until)) if until < 1 else math.inf)
        above = until
    return tuple(waits)


def delay_probability(beta: float) -> float:
    """P(a task waits) with m = a + β√a slots, in the limit of many (Halfin & Whitt 1981).

    doi:10.1287/opre.29.3.567: α = [1 + β·Φ(β)/φ(β)]^-1. β 1.06 makes it 0.2, 1.74 makes it 0.05.
    """
    phi = math.exp(-beta * beta / 2) / math.sqrt(2 * math.pi)
    cumulated = (1 + math.erf(beta / math.sqrt(2))) / 2
    return 1 / (1 + beta * cumulated / phi)


def beta_for(probability: float, *, offered: float = 1.0, patience: float = 0.0) -> float:
    """The least β with which P(wait > t) is at most this; 0 < probability < 1.

    `patience`: t in mean service times. Whoever has to wait in M/M/c waits longer than t with
    probability exp(-(c - a)·t/S), and c - a = β·√a (Erlang 1917; as the service level of call
    centres: Borst, Mandelbaum & Reiman 2004, doi:10.1287/opre.1030.0081). With t = 0 it is
    `delay_probability` alone. By bisection.
    """
    decay = math.sqrt(offered) * patience
    low, high = 0.0, 8.0
    for _ in range(32):
        beta = (low + high) / 2
        too_many = delay_probability(beta) * math.exp(-beta * decay) > probability
        low, high = (beta, high) if too_many else (low, beta)
    return high
