"""A page of the docs as one program: its Python blocks in order, and what a test adds."""

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def run_page(name: str, *, folder: Path, then: str, **variables: str) -> str:
    """Runs it with warnings as errors; what it has printed."""
    text = (DOCS / name).read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert blocks
    program = folder / f"{Path(name).stem}_page.py"
    program.write_text("\n".join([*blocks, then]))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout
