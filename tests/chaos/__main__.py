"""`make chaos`: the long form, with its seed printed first, so that a bad run can be repeated."""

import argparse
import secrets
import sys

from tests.chaos.run import run


def main() -> int:
    words = argparse.ArgumentParser(prog="make chaos ARGS=…")
    words.add_argument("--tasks", type=int, default=20_000)
    words.add_argument("--kill-every", type=float, default=1.0, metavar="SECONDS")
    words.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    given = words.parse_args()
    print(
        f"seed {given.seed}: {given.tasks} tasks, a kill every {given.kill_every:g} s", flush=True
    )
    outcome = run(
        tasks=given.tasks,
        kill_every=given.kill_every,
        seed=given.seed,
        ceiling=900,
        say=lambda text: print(text, flush=True),
    )
    print(
        f"{outcome.tasks} tasks in {outcome.seconds:.0f} s, {outcome.claims} claims, "
        f"{outcome.kills} kills, {outcome.crashed} crashes charged"
    )
    for complaint in outcome.complaints:
        print(f"WRONG: {complaint}")
    print("none lost, none settled twice, in order" if not outcome.complaints else "chaos won")
    return 1 if outcome.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
