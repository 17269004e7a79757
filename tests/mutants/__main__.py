"""`python -m tests.mutants [NAME …]`: hunts every mutant, two at a time, and prints the table.

Without names the long form of the property machine runs first, on the scripts as they are. It
prints how often each outcome was reached, and every outcome must have been.

Ends with 1 if a mutant lives that is not equivalent, if an equivalent one dies (then it is none),
or if the long form fails.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from giveway.testing import embedded_server
from tests.mutants.catalogue import ALL, named
from tests.mutants.hunt import Fate, hunt
from tests.mutants.mutant import Mutant
from tests.property import session
from tests.property.coverage import Coverage

LONG_EXAMPLES = 1_500
EXAMPLES = 800
EQUIVALENT_EXAMPLES = 150  # enough to show that nothing stirs; the argument is the proof
WORKERS = 2


def main(names: list[str]) -> int:
    """Prints one line for each mutant as it is found, and the summary."""
    begin = time.monotonic()
    missing = [] if names else _long_form()
    fates = _hunt_all([named(name) for name in names] or list(ALL))
    wrong = [fate for fate in fates if not fate.as_it_should]
    dead = sum(bool(fate.killed_by) for fate in fates)
    equivalent = sum(bool(fate.mutant.equivalent) for fate in fates)
    seconds = time.monotonic() - begin
    print(f"\n{dead} of {len(fates)} died, {equivalent} are equivalent: {seconds:.0f} s")
    for fate in wrong:
        print(f"WRONG: {fate.mutant.name}: {fate.last_words or 'it lives'}")
    for outcome in missing:
        print(f"WRONG: never reached: {outcome}")
    return 1 if wrong or missing else 0


def _long_form() -> list[str]:
    """Raises what the machine finds; answers the outcomes that it never reached."""
    coverage = Coverage()
    profile = session.profile(examples=LONG_EXAMPLES, steps=50)
    with embedded_server() as server:
        session.run(server.url, profile=profile, coverage=coverage)
    print(f"the scripts as they are: {coverage.table()}\n", flush=True)
    return coverage.missing()


def _hunt_all(mutants: list[Mutant]) -> list[Fate]:
    with ProcessPoolExecutor(WORKERS) as pool:
        hunts = [pool.submit(_with_a_server, mutant) for mutant in mutants]
        fates = []
        for found in as_completed(hunts):
            fates.append(found.result())
            print(_line(fates[-1]), flush=True)
    return fates


def _with_a_server(mutant: Mutant) -> Fate:
    with embedded_server() as server:
        examples = EQUIVALENT_EXAMPLES if mutant.equivalent else EXAMPLES
        return hunt(mutant, url=server.url, examples=examples)


def _line(fate: Fate) -> str:
    mutant = fate.mutant
    end = f"{fate.killed_by or 'lives':<17}{fate.steps:>6} steps {fate.seconds:>6.1f} s"
    why = f"equivalent: {mutant.equivalent}" if mutant.equivalent else mutant.breaks
    return f"{mutant.name:<34}{end}  {why}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
