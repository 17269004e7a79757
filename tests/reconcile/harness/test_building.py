"""Components are built once, whole, and by one run at a time. `go` is a script that tells of it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cluster import build, programs
from tests.cluster.build import Unavailable
from tests.cluster.components import COMPONENTS, Component, Module
from tests.integration.worker.waiting import until

# `go env GOVERSION` and `go build … -o FILE PACKAGE`: tells of each build, writes half of the
# program, waits for leave if it shall, writes the rest.
GO = """#!/bin/sh
if [ "$1" = env ]; then echo go1.25.0; exit; fi
echo built >>"$FOLDER/builds"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\n' >"$2"
while [ -e "$FOLDER/hold" ]; do sleep 0.01; done
if [ -e "$FOLDER/fail" ]; then echo 'no space left' >&2; exit 1; fi
printf 'echo done\\n' >>"$2"
chmod +x "$2"
"""
BUILD = """
from pathlib import Path
from tests.cluster.build import build
from tests.cluster.components import Component, Module
build([Component("thing", Module(Path({path!r}), "1.0"), "example.org/thing")], say=print)
"""


class Workshop:
    """A cache and a `go` of this test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        module = folder / "module"
        module.mkdir()
        (module / "go.mod").write_text("module example.org/module\n")
        (module / "go.sum").write_text("")
        self.component = Component("thing", Module(module, "1.0"), "example.org/thing")
        self.said: list[str] = []

    def build(self) -> None:
        build.build([self.component], say=self.said.append)

    @property
    def builds(self) -> int:
        """How many have begun."""
        told = self.folder / "builds"
        return len(told.read_text().splitlines()) if told.exists() else 0

    @property
    def output(self) -> str:
        """What the built program prints."""
        return subprocess.check_output([build.place(self.component)], text=True)


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(GO)
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("FOLDER", str(tmp_path))
    return Workshop(tmp_path)


def test_a_program_is_built_once(workshop: Workshop) -> None:
    workshop.build()
    workshop.build()
    assert (workshop.builds, workshop.output) == (1, "done\n")


def test_each_build_is_told_of_when_it_begins_and_when_it_ends(workshop: Workshop) -> None:
    workshop.build()
    assert workshop.said == [
        "building thing 1.0 (1 of 1; minutes) …",
        "building thing took 0 s",
    ]


def test_other_sums_are_another_program(workshop: Workshop) -> None:
    workshop.build()
    first = build.place(workshop.component)
    (workshop.folder / "module" / "go.sum").write_text("example.org/other v1.0.0 h1:=\n")
    workshop.build()
    assert build.place(workshop.component) != first
    assert workshop.builds == 2


def test_a_build_that_fails_says_why_and_leaves_nothing(workshop: Workshop) -> None:
    (workshop.folder / "fail").touch()
    with pytest.raises(Unavailable, match="go build of thing failed:\nno space left"):
        workshop.build()
    assert list(build.place(workshop.component).parent.iterdir()) == []
    (workshop.folder / "fail").unlink()
    workshop.build()
    assert workshop.output == "done\n"


def test_a_build_that_was_killed_does_not_count(workshop: Workshop) -> None:
    (workshop.folder / "hold").touch()
    code = BUILD.format(path=str(workshop.folder / "module"))
    running = subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, stdout=subprocess.DEVNULL
    )
    until(lambda: workshop.builds == 1, what="the build to begin")
    os.killpg(running.pid, signal.SIGKILL)
    running.wait(10)
    (workshop.folder / "hold").unlink()
    assert not build.place(workshop.component).exists()
    workshop.build()
    assert (workshop.builds, workshop.output) == (2, "done\n")


def test_of_two_runs_that_need_the_same_one_builds(workshop: Workshop) -> None:
    (workshop.folder / "hold").touch()
    first, second = (threading.Thread(target=workshop.build) for _ in range(2))
    first.start()
    until(lambda: workshop.builds == 1, what="the first to build")
    second.start()
    waiting = "another run is building the components: waiting for it …"
    until(lambda: waiting in workshop.said, what="the second to wait")
    (workshop.folder / "hold").unlink()
    first.join(10)
    second.join(10)
    assert (workshop.builds, workshop.output) == (1, "done\n")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, r"Go is not installed \(it must be 1.24 or newer\)"),
        ("#!/bin/sh\necho go1.22.3\n", r"Go is go1.22.3 \(it must be 1.24 or newer\)"),
        ("#!/bin/sh\nexit 1\n", r"Go is broken \(it must be 1.24 or newer\)"),
    ],
)
def test_without_a_go_that_is_new_enough_nothing_is_built(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, script: str | None, said: str
) -> None:
    go = workshop.folder / "bin" / "go"
    if script is None:
        monkeypatch.setenv("PATH", "/nowhere")
    else:
        go.write_text(script)
    with pytest.raises(Unavailable, match=said):
        workshop.build()


def test_assets_that_are_given_are_used_and_what_they_lack_is_built(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = workshop.folder / "assets"
    assets.mkdir()
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (assets / name).touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    names = ["etcd", "kube-apiserver", "kubectl", "kube-controller-manager"]
    found = programs.provide(names, say=workshop.said.append)
    assert {name: path.parent for name, path in found.items() if path.parent == assets} == (
        dict.fromkeys(names[:3], assets)
    )
    built = build.place(COMPONENTS["kube-controller-manager"])
    assert (found["kube-controller-manager"], workshop.builds) == (built, 1)


def test_what_cannot_be_had_says_how_to_get_it(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    with pytest.raises(Unavailable, match="run `make cluster-tools`"):
        programs.provide(["etcd"], say=workshop.said.append)
    assert programs.unavailable(["etcd"]) == (
        "no etcd: Go is not installed (it must be 1.24 or newer)"
    )
