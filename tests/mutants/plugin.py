"""A pytest plugin: the tests of this run meet the scripts in GIVEWAY_MUTANT_SCRIPTS."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutants.hunt import scripts_from


@pytest.fixture(scope="session", autouse=True)
def mutated_scripts() -> Iterator[None]:
    with scripts_from(Path(os.environ["GIVEWAY_MUTANT_SCRIPTS"])):
        yield
