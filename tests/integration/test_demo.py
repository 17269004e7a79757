"""The demo, run as a user runs it: a real worker, real archives, a process killed with -9."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.integration.command_line import SCRIPT, CommandLine

# Some 20 s on two idle cores. This is for a machine that does other things as well.
LONGEST_SECONDS = 220
pytestmark = pytest.mark.timeout(LONGEST_SECONDS + 20)


@pytest.fixture
def shell(tmp_path: Path) -> CommandLine:
    (tmp_path / "temporary").mkdir()
    return CommandLine(tmp_path, {"TMPDIR": str(tmp_path / "temporary")})


def start(shell: CommandLine, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [SCRIPT, "demo", *arguments],
        cwd=shell.folder,
        env=shell.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def wait_until(fact: Callable[[], bool], demo: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not fact():
        assert demo.poll() is None, demo.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_hundred_packages_are_made_while_urgent_ones_overtake_and_a_process_dies(
    shell: CommandLine,
) -> None:
    demo = start(shell, "--keep", "kept")  # no terminal, so it prints a log by itself
    said, complaint = demo.communicate(timeout=LONGEST_SECONDS)
    assert (demo.returncode, complaint) == (0, ""), said
    assert "every check passed" in said
    assert "✓ 215 of 215 archives open and carry the right channel" in said
    assert "✓ none missing" in said
    assert re.search(r"✓ 21[56] stamps for 215 packages", said)
    assert len(re.findall(r"kill -9 \d+", said)) == 1
    assert "build_all gives way" in said
    assert len(re.findall(r"build_one \d+ starts after", said)) == 15 + 3
    assert "✗" not in said
    # Not by its own word alone: the files are there, and whole.
    packages = shell.folder / "kept" / "packages" / "10086"
    archives = sorted(packages.glob("channel-*.zip"))
    assert len(archives) == 215
    with ZipFile(archives[41]) as archive:
        assert archive.read("META-INF/channel") == b"42\n"
    sums = subprocess.run(
        [
            "sha256sum",
            "--check",
            "--quiet",
            *sorted(each.name for each in packages.glob("*.sha256")),
        ],
        cwd=packages,
        check=False,
    )
    assert sums.returncode == 0
    shutil.rmtree(shell.folder / "kept")


def test_the_demo_notices_archives_that_are_removed_damaged_or_swapped(
    shell: CommandLine,
) -> None:
    packages = shell.folder / "kept" / "packages" / "10086"
    demo = start(shell, "--channels", "40", "--keep", "kept")
    wait_until((packages / "channel-030.zip").exists, demo)
    (packages / "channel-005.zip").unlink()
    with (packages / "channel-006.zip").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"not what was here before")
    shutil.copyfile(packages / "channel-008.zip", packages / "channel-007.zip")
    said, _ = demo.communicate(timeout=LONGEST_SECONDS)
    assert demo.returncode == 1, said
    assert "2 of 5 checks FAILED" in said
    (archives, missing) = [line for line in said.splitlines() if line.startswith("✗")]
    assert archives.startswith("✗ 52 of 55 archives open and carry the right channel")
    assert "channel-005.zip is not there" in archives
    assert "channel-006.zip: " in archives
    assert "channel-007.zip is not the package for channel 7" in archives
    assert missing == "✗ 1 missing (channel-005.zip)"
    shutil.rmtree(shell.folder / "kept")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_whoever_stops_the_demo_finds_nothing_left_of_it(
    shell: CommandLine, how: signal.Signals
) -> None:
    temporary = shell.folder / "temporary"
    demo = start(shell, "--channels", "40")
    wait_until(lambda: any(temporary.glob("giveway-demo-*/packages/10086/channel-00*.zip")), demo)
    ours = processes_with(str(temporary))
    assert ours
    demo.send_signal(how)
    _, complaint = demo.communicate(timeout=30)
    assert (demo.returncode, complaint) == (130, "giveway: interrupted\n")
    assert list(temporary.iterdir()) == []
    assert processes_with(str(temporary)) == set()


def test_a_demo_that_is_killed_leaves_no_process_behind(shell: CommandLine) -> None:
    temporary = shell.folder / "temporary"
    demo = start(shell, "--channels", "40")
    wait_until(lambda: any(temporary.glob("giveway-demo-*/packages/10086/channel-00*.zip")), demo)
    demo.kill()
    demo.communicate(timeout=30)
    deadline = time.monotonic() + 20
    while processes_with(str(temporary)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_folder_with_something_in_it_is_left_alone(shell: CommandLine) -> None:
    complaint = shell.refused("demo", str(shell.folder), code=2)
    assert "new or empty folder" in complaint
    assert (shell.folder / "temporary").exists()


def processes_with(words: str) -> set[int]:
    """The processes whose environment holds these words, except the demo's own and zombies."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"PACKAGES={words}".encode() in path.read_bytes():
                found.add(int(path.parent.name))
        except OSError:  # gone meanwhile, or a kernel's
            continue
    return found - {os.getpid()}
