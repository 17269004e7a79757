"""The real Helm, on one cluster."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Helm:
    """Parameters: the program, and whom it acts as. `helm("install", "giveway", chart, …)`."""

    program: Path
    kubeconfig: Path

    def __call__(self, *args: str | Path, stdin: str | None = None, within: float = 180.0) -> str:
        """What it printed. `within`: seconds; an install with `--wait` may take many.

        Raises:
            AssertionError: it failed; with what it said.
        """
        done = subprocess.run(
            [self.program, f"--kubeconfig={self.kubeconfig}", *args],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        assert done.returncode == 0, f"helm {' '.join(map(str, args))}: {done.stderr.strip()}"
        return done.stdout
