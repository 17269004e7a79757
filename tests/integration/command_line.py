"""The real console script, called as a user would."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPT = Path(sys.executable).parent / "giveway"

# An app that a user might have, in a folder of its own.
SHOP = """
from giveway import Batch, Giveway, Retry

app = Giveway({queue!r})


@app.task(tier="high")
def greet(name: str, times: int = 1) -> str:
    return f"Hello, {{name}}! " * times


@app.task(retry=Retry(attempts=1))
def fail(why: str) -> None:
    raise ValueError(why)


@app.batch(tier="low")
def count_all(batch: Batch, numbers: list[int]) -> int:
    return sum(batch.each(numbers))
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A shell in `folder` with these variables set, and no others of ours."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        others = {k: v for k, v in os.environ.items() if not k.startswith("GIVEWAY_")}
        others["GIVEWAY_METRICS_PORT"] = "0"  # many workers on one machine
        return others | {"COLUMNS": "120", **self.variables}

    def __call__(self, *arguments: str, typed: str = "") -> Said:
        done = subprocess.run(
            [SCRIPT, *arguments],
            cwd=self.folder,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str, typed: str = "") -> Said:
        """The same, for a command that has to work and has nothing to complain about."""
        said = self(*arguments, typed=typed)
        assert (said.code, said.err) == (0, ""), said
        return said

    def refused(self, *arguments: str, code: int) -> str:
        """The one line of complaint of a command that has to fail with this code."""
        said = self(*arguments)
        assert said.code == code, said
        assert said.err.startswith("giveway: "), said
        assert said.err.count("\n") == 1, said
        return said.err.removeprefix("giveway: ").rstrip()

    def work_off(self) -> str:
        """Runs a worker until the queue is drained; returns what it logged."""
        said = self("worker", "shop:app", "--burst")
        assert said.code == 0, said
        return said.err
