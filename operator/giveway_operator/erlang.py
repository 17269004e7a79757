"""Queueing formulas: how many slots more than the load keep waits rare.

Model: Poisson arrivals λ, exponential service with mean S, c slots; offered load a = λ·S slots
(Little 1961, doi:10.1287/opre.9.3.383: L = λW). Real work is neither, so the law only takes the
*shape* of its head room from here (`staffing`). The exact formulas, which tests compare with, are
on the tests' side.
"""

import math


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
