"""The wheel is what users get: it is built, installed where nothing else is, and used."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.architecture.project import OPERATOR, PACKAGE, ROOT, sources


def run(
    command: Sequence[str | Path], *, cwd: Path | None = None, redis_url: str | None = None
) -> str:
    """The output of a command; when it fails the test shows all that it said."""
    setting = {} if redis_url is None else {"GIVEWAY_REDIS_URL": redis_url}
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        env=os.environ | setting,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT])
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel, its dependencies, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run([sys.executable, "-m", "venv", "--without-pip", folder])
    python = folder / "bin" / "python"
    run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", wheel])
    return python


def test_the_wheel_holds_every_source_file_and_nothing_else(wheel: Path) -> None:
    files: list[Path] = [
        *sources(".py", ".lua", ".yaml"),
        PACKAGE / "py.typed",
        OPERATOR / "py.typed",
    ]
    expected = {
        path.relative_to(root.parent).as_posix()
        for root in (PACKAGE, OPERATOR)
        for path in files
        if path.is_relative_to(root)
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == expected


def test_the_wheel_says_its_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    info = next(name for name in archive.namelist() if name.endswith("/METADATA"))
    assert "\nLicense-Expression: Apache-2.0\n" in archive.read(info).decode()
    assert any(name.endswith("/licenses/LICENSE") for name in archive.namelist())


STDLIB_OPERATOR = (
    "import json, operator, sys; json.dump([operator.__file__, operator.add(1, 2)], sys.stdout)"
)


@pytest.mark.parametrize("where", [ROOT, ROOT / "tests"])
def test_import_operator_is_pythons_own_where_giveway_is_editable(where: Path) -> None:
    # -c puts the current directory first on the path, as `python -m` and a REPL do.
    found, total = json.loads(
        run([sys.executable, "-c", f"import giveway; {STDLIB_OPERATOR}"], cwd=where)
    )
    assert Path(found).name == "operator.py"
    assert ROOT not in Path(found).parents
    assert total == 3


def test_import_operator_is_pythons_own_where_the_wheel_is_installed(installed: Path) -> None:
    found, _ = json.loads(run([installed, "-I", "-c", f"import giveway; {STDLIB_OPERATOR}"]))
    assert "site-packages" not in found


def test_the_installed_package_imports_without_any_extra(installed: Path, tmp_path: Path) -> None:
    program = "import giveway; print(giveway.__file__)"
    place = run([installed, "-I", "-W", "error", "-c", program], cwd=tmp_path).strip()
    assert "site-packages" in place


SHOP = """
from giveway import Batch, Giveway

app = Giveway({queue!r}, tiers=("high", "low"))


@app.task(tier="high")
def greet(name: str) -> str:
    return f"Hello, {{name}}!"


@app.batch(tier="low")
def stamp_all(batch: Batch, channels: list[int]) -> int:
    for channel in batch.each(channels):
        assert channel >= 0
    return batch.done
"""

RESULTS = """
from shop import greet, stamp_all

handles = greet.enqueue("Ada"), stamp_all.enqueue(list(range(20)))
print([handle.result(timeout=30) for handle in handles])
"""


def test_the_installed_package_enqueues_runs_and_answers(
    installed: Path, redis_url: str, queue: str, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(SHOP.format(queue=queue))
    worker = subprocess.Popen(
        [installed.with_name("giveway"), "worker", "shop:app"],
        cwd=tmp_path,
        env=os.environ | {"GIVEWAY_REDIS_URL": redis_url},
        stdin=subprocess.DEVNULL,
    )
    try:
        said = run([installed, "-c", RESULTS], cwd=tmp_path, redis_url=redis_url)
    finally:
        worker.terminate()
        stopped = worker.wait(timeout=30)
    assert said.strip() == "['Hello, Ada!', 20]"
    assert stopped == 0


def test_the_installed_command_line_enqueues_and_tells(
    installed: Path, redis_url: str, queue: str, tmp_path: Path
) -> None:
    giveway = installed.with_name("giveway")
    (tmp_path / "shop.py").write_text(SHOP.format(queue=queue))
    call = ["enqueue", "greet", '{"name": "Grace"}', "--queue", queue, "--tier", "high"]
    run([giveway, "worker", "shop:app", "--burst"], cwd=tmp_path, redis_url=redis_url)
    run([giveway, *call], cwd=tmp_path, redis_url=redis_url)
    before = run([giveway, "status", "--queue", queue, "--json"], redis_url=redis_url)
    run([giveway, "worker", "shop:app", "--burst"], cwd=tmp_path, redis_url=redis_url)
    after = run([giveway, "status", "--queue", queue, "--json"], redis_url=redis_url)
    assert before != after
