"""The quick start of the README, run as it stands there."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from giveway.testing import embedded_server

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent
BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.oldest


def quick_start() -> list[tuple[str, str]]:
    """Its blocks in their order: what kind each is, and its text."""
    _, _, section = README.partition("\n## Quick start\n")
    section, _, _ = section.partition("\n## ")
    return [(block["kind"], block["text"]) for block in BLOCK.finditer(section)]


def shell_lines() -> list[str]:
    return [line for kind, text in quick_start() if not kind for line in text.splitlines()]


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who types the quick start into a folder of their own."""

    folder: Path
    redis_url: str

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ
            | {"GIVEWAY_REDIS_URL": self.redis_url, "PATH": f"{BIN}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> str:
        process = self.start(*command)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, f"{command}\n{said}"
        return said


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    shop, *_ = (text for kind, text in quick_start() if kind == "python")
    (tmp_path / "shop.py").write_text(shop)
    with embedded_server() as server:  # its own: the quick start says how its queue is called
        yield Reader(tmp_path, server.url)


@contextmanager
def running_worker(reader: Reader) -> Iterator[None]:
    """The worker as the quick start starts it; at the end it finishes what it has in hand."""
    worker = reader.start(*shlex.split(line_with("giveway worker")))
    try:
        yield
    finally:
        worker.terminate()
        said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0, said


def line_with(words: str) -> str:
    return next(line for line in shell_lines() if line.startswith(words))


def test_the_quick_start_works_line_by_line(reader: Reader) -> None:
    _, program, *_ = (text for kind, text in quick_start() if kind == "python")
    promised = re.findall(r"print\(.*\)  # (.*)", program)
    with running_worker(reader):
        assert reader.run(sys.executable, "-c", program).splitlines() == promised
        for line in shell_lines():
            if line.startswith(("giveway enqueue", "giveway status")):
                assert reader.run(*shlex.split(line))


def test_another_language_enqueues_with_one_command(reader: Reader) -> None:
    words = shlex.split(line_with("RPUSH"))
    with redis.Redis.from_url(reader.redis_url) as other:
        assert other.execute_command(*words) == 1
    reader.run("giveway", "worker", "shop:app", "--burst")
    status = json.loads(reader.run("giveway", "status", "--queue", "shop", "--json"))
    assert [tier["counters"].get("done", 0) for tier in status["tiers"]] == [1, 0, 0]


def test_what_it_tells_to_install_exists() -> None:
    (line,) = [each for each in shell_lines() if each.startswith("pip install")]
    assert shlex.split(line)[2:] == ["giveway[embedded]"]
