"""A machine without an API server: the run says what it leaves out, and fails in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.components import HERE

ROOT = HERE.parents[1]
TESTS = "tests/reconcile/harness/test_control_plane.py"


def run(folder: Path, *words: str, processes: int, ci: bool = False) -> tuple[int, str]:
    """Exit code and output of pytest where no Go is and nothing has been built."""
    without = ("KUBEBUILDER_ASSETS", "GIVEWAY_TEST_CONTEXT", "CI", "PYTEST_XDIST_WORKER")
    env = {name: value for name, value in os.environ.items() if name not in without}
    env |= {"PATH": "/nowhere", "XDG_CACHE_HOME": str(folder)} | ({"CI": "true"} if ci else {})
    options = ["-p", "no:cacheprovider", f"--numprocesses={processes}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", TESTS, *options, *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("processes", [0, 2])
def test_what_is_left_out_is_named_with_the_way_to_get_it(tmp_path: Path, processes: int) -> None:
    code, output = run(tmp_path, processes=processes)
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED
    count = (ROOT / TESTS).read_text().count("\ndef test_")
    assert f"{count} tests were LEFT OUT: there is no API server for them." in output
    assert "no etcd, kube-apiserver, kubectl: Go is not installed" in output
    assert f"{TESTS}: {count}" in output
    assert "To run them: install Go 1.24 or newer and run `make cluster-tools`" in output


def test_a_run_that_needs_no_server_says_nothing_of_one(tmp_path: Path) -> None:
    code, output = run(tmp_path, "-k", "nothing_of_this_name", processes=0)
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "LEFT OUT" not in output


def test_in_ci_they_fail_and_say_the_same(tmp_path: Path) -> None:
    code, output = run(tmp_path, "-k", "says_its_version", processes=0, ci=True)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "1 error" in output
    assert "Go is not installed (it must be 1.24 or newer)" in output
    assert "run `make cluster-tools`" in output
