"""The short form of `make chaos`."""

import secrets

from tests.chaos.run import run


def test_with_children_killed_again_and_again_nothing_is_lost_or_settled_twice() -> None:
    seed = secrets.randbelow(1_000_000)
    outcome = run(tasks=1500, kill_every=0.4, seed=seed, ceiling=90, say=print)
    assert not outcome.complaints, f"seed {seed}: {outcome.complaints}"
    assert outcome.kills > 3
