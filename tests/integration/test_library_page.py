"""docs/library.md: its examples run, and its tables tell the truth."""

import os
import re
import subprocess
import sys
from pathlib import Path

from giveway.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "library.md").read_text()


def test_every_example_of_the_page_runs(redis_url: str, queue: str, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 8
    program = tmp_path / "library_page.py"
    program.write_text("\n".join(blocks).replace('Giveway("packaging")', f'Giveway("{queue}")'))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        env={**os.environ, "GIVEWAY_REDIS_URL": redis_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "note: argument 'text': Input should be a valid string" in said
    assert "got an unexpected keyword argument 'colour'" in said
    assert "argument anything: a tuple would arrive as a list; pass a list" in said


def test_the_page_names_every_setting_and_no_other() -> None:
    named = {name.lower() for name in re.findall(r"`GIVEWAY_([A-Z_]+)`", PAGE)}
    assert named == set(Settings.model_fields)
