"""Erlang's formulas in closed form: what the law and the simulator are compared with."""


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
