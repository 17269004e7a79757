"""`python -m tests.mutants [NAME …]`: hunts every mutant, two at a time, and prints the table.

Ends with 1 if a mutant lives that is not equivalent, if an equivalent one dies (then it is none),
or if the unmutated scripts do not pass.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor

from giveway.testing import embedded_server
from tests.mutants.catalogue import ALL, named
from tests.mutants.hunt import Fate, hunt
from tests.mutants.mutant import Mutant

EXAMPLES = 1_500
EQUIVALENT_EXAMPLES = 150  # enough to show that nothing stirs; the argument is the proof
WORKERS = 2

NOTHING = Mutant("(none)", "enqueue.lua", "#!lua\n", "#!lua\n", "nothing", equivalent="unchanged")


def main(names: list[str]) -> int:
    """Prints one line as each is found, and the summary."""
    mutants = [named(name) for name in names] or [NOTHING, *ALL]
    begin = time.monotonic()
    with ProcessPoolExecutor(WORKERS) as pool:
        fates = []
        for fate in pool.map(_with_a_server, mutants):
            print(_line(fate), flush=True)
            fates.append(fate)
    wrong = [fate for fate in fates if not fate.as_it_should]
    dead = sum(bool(fate.killed_by) for fate in fates)
    equivalent = sum(bool(m.equivalent) for m in mutants)
    print(f"\n{dead} of {len(fates)} died, {equivalent} are equivalent: {_seconds(begin)}")
    for fate in wrong:
        print(f"WRONG: {fate.mutant.name}: {fate.last_words or 'it lives'}")
    return 1 if wrong else 0


def _with_a_server(mutant: Mutant) -> Fate:
    with embedded_server() as server:
        examples = EQUIVALENT_EXAMPLES if mutant.equivalent else EXAMPLES
        return hunt(mutant, url=server.url, examples=examples)


def _line(fate: Fate) -> str:
    mutant = fate.mutant
    end = f"{fate.killed_by or 'lives':<17}{fate.steps:>6} steps {fate.seconds:>6.1f} s"
    why = f"equivalent: {mutant.equivalent}" if mutant.equivalent else mutant.breaks
    return f"{mutant.name:<34}{end}  {why}" + (f"\n    {fate.last_words}" if fate.killed_by else "")


def _seconds(begin: float) -> str:
    return f"{time.monotonic() - begin:.0f} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
