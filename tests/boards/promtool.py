"""Prometheus's own judgement of rules and expressions."""

import shutil
import subprocess
from pathlib import Path


def promtool(*arguments: str | Path) -> str:
    """What it says; fails the test, with that, if it is not satisfied."""
    program = shutil.which("promtool")
    assert program, "these tests need promtool: apt-get install prometheus"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
