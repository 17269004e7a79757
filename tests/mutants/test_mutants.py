"""A mutant of each kind dies, every mutant still applies, and the names are told apart."""

from pathlib import Path

import pytest

from tests.mutants.catalogue import ALL, FAST, named
from tests.mutants.hunt import hunt
from tests.mutants.mutant import Mutant

EXAMPLES = 400


@pytest.mark.parametrize("name", FAST)
def test_a_mistake_in_a_script_is_noticed(name: str, redis_url: str) -> None:
    fate = hunt(named(name), url=redis_url, examples=EXAMPLES, contract=False)
    assert fate.killed_by, f"{name} lives after {fate.steps} steps: {fate.mutant.breaks}"


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_every_mutant_still_applies_to_the_scripts(mutant: Mutant, tmp_path: Path) -> None:
    mutant.write(tmp_path)


def test_the_mutants_have_names_of_their_own() -> None:
    assert len({mutant.name for mutant in ALL}) == len(ALL)
