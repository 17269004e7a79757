"""One mutant against the tests: the property machine first, then the contract tests.

The machine runs in this process with the mutated scripts in place of the real ones, without
shrinking: a mutant has to die, not to be understood. What survives it meets the contract tests in a
process of their own (`plugin.py` puts the scripts in place there).
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from giveway.store import loader
from tests.mutants.mutant import Mutant, StaleMutant
from tests.property import session
from tests.property.coverage import Coverage

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant."""

    mutant: Mutant
    killed_by: str  # "" = it lives
    steps: int
    seconds: float
    last_words: str = ""

    @property
    def as_it_should(self) -> bool:
        lives = not self.killed_by and not self.last_words
        return lives if self.mutant.equivalent else bool(self.killed_by)


@contextmanager
def scripts_from(folder: Path) -> Iterator[None]:
    """The store loads its scripts from `folder` for a while."""
    original = loader.lua_folder
    loader.lua_folder = lambda: folder
    loader.load.cache_clear()
    try:
        yield
    finally:
        loader.lua_folder = original
        loader.load.cache_clear()


def hunt(mutant: Mutant, *, url: str, examples: int, contract: bool = True) -> Fate:
    """Runs the tests against the mutant until it dies."""
    begin = time.monotonic()
    with TemporaryDirectory(prefix="giveway-mutant-") as name:
        folder = Path(name)
        coverage = Coverage()
        try:
            mutant.write(folder)
        except StaleMutant as stale:
            return Fate(mutant, "", 0, 0.0, f"stale: {stale}")
        words = _by_the_machine(folder, url, examples, coverage)
        killer = "property machine" if words else ""
        if not words and contract and not mutant.equivalent:
            words = _by_the_contract_tests(folder)
            killer = "contract tests" if words else ""
    return Fate(mutant, killer, coverage.steps, time.monotonic() - begin, words)


def _by_the_machine(folder: Path, url: str, examples: int, coverage: Coverage) -> str:
    profile = session.profile(examples=examples, steps=50, shrink=False)
    with scripts_from(folder), redirect_stdout(StringIO()):
        try:
            session.run(url, profile=profile, coverage=coverage)
        except Exception as death:  # noqa: BLE001 (whatever it is: a test has noticed)
            return _first_line(death)
    return ""


def _by_the_contract_tests(folder: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "tests.mutants.plugin"]
    found = subprocess.run(
        [*command, "-p", "no:cacheprovider", "tests/contract"],
        cwd=ROOT,
        env={**os.environ, "GIVEWAY_MUTANT_SCRIPTS": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode == 0:
        return ""
    failed = [line for line in found.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0] if failed else found.stdout[-200:]


def _first_line(death: BaseException) -> str:
    lines = [line.strip() for line in str(death).splitlines() if line.strip()]
    lines = [line for line in lines if line not in ("the state differs", "the answer is")]
    return (lines or [type(death).__name__])[0][:160]
