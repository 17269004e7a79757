"""What lies in the images, and what does not."""

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.cluster.images.recipe import PROJECT
from tests.images.image import Image

MEGABYTE = 1_000_000
# Programs and packages that only a build needs, and what a build leaves behind.
OF_BUILDS = ("pip", "setuptools", "wheel", "hatchling", "uv", "gcc", "cc", "g++", "make", "ld")
PYTHON = {"python_full_version": "3.11.2", "python_version": "3.11"}


def added(image: Image, python: Image) -> dict[str, int]:
    """Size by path of all that stands on the base."""
    return {
        path: entry.size
        for layer in image.beyond(python)
        for path, entry in layer.entries.items()
        if not entry.isdir()
    }


def test_it_is_small(image: Image, python: Image) -> None:
    allowed = {"giveway-worker": 50, "giveway-operator": 85}[title(image)]
    assert sum(layer.size for layer in image.beyond(python)) < allowed * MEGABYTE < 120 * MEGABYTE


def test_nothing_of_its_build_is_left(image: Image, python: Image) -> None:
    paths = added(image, python)
    stray = [path for path in paths if not path.startswith(("/opt/giveway/", "/etc/", "/usr/lib/"))]
    named = [path for path in paths if set(OF_BUILDS) & set(Path(path).parts)]
    assert stray == []
    assert named == []
    written = {path for path, size in paths.items() if path.startswith("/etc/") and size}
    assert written == {"/etc/passwd", "/etc/group"}  # empty: what a builder has mounted over
    assert all(path.endswith(".pyc") for path in paths if path.startswith("/usr/lib/"))
    assert not any(path.endswith((".tar.gz", ".whl", ".zip", ".log", ".tmp")) for path in paths)


def test_its_packages_are_those_of_its_lock_and_giveway(image: Image) -> None:
    lock = (PROJECT / "deploy" / f"{title(image).removeprefix('giveway-')}.lock").read_text()
    found = image.root.glob("opt/giveway/lib/python3.*/site-packages/*.dist-info")
    names = {each.name.removesuffix(".dist-info") for each in found}
    assert names == {*pinned(lock), "giveway-0.1.0"}


def pinned(lock: str) -> set[str]:
    """Names as folders in an environment have them, of what its Python and platform need."""
    rows = [Requirement(row) for row in re.findall(r"^([a-z].*?) \\$", lock, re.MULTILINE)]
    needed = [row for row in rows if row.marker is None or row.marker.evaluate(PYTHON)]
    return {
        f"{canonicalize_name(row.name).replace('-', '_')}-{str(row.specifier)[2:]}"
        for row in needed
    }


def test_a_worker_knows_no_cluster(worker: Image) -> None:
    for package in ("kopf", "lightkube", "aiohttp", "httpx2", "yaml"):
        assert list(worker.root.glob(f"opt/giveway/lib/python3.*/site-packages/{package}")) == []


def test_all_of_it_is_compiled(image: Image) -> None:
    # A read-only container could not keep what it compiles: each start would do it again.
    (packages,) = image.root.glob("opt/giveway/lib/python3.*/site-packages")
    sources = {path for path in packages.rglob("*.py") if "lib2to3" not in path.parts}
    assert len(sources) > 500
    missing = [path for path in sources if not compiled(path).exists()]
    assert missing == []


def compiled(source: Path) -> Path:
    return source.parent / "__pycache__" / f"{source.stem}.cpython-311.pyc"


def test_whoever_runs_in_it_can_change_nothing_of_it(image: Image, python: Image) -> None:
    entries = [entry for layer in image.beyond(python) for entry in layer.entries.values()]
    assert {entry.uid for entry in entries} == {0}
    assert [entry.name for entry in entries if entry.mode & 0o022 and not entry.issym()] == []


def test_it_says_what_it_is(image: Image) -> None:
    labels = image.config["Labels"]
    said = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in labels.items()
        if name.startswith("org.opencontainers.image.")
    }
    assert set(said) == {"title", "description", "source", "licenses", "version", "revision"}
    assert said["licenses"] == "Apache-2.0"
    assert said["version"] == "0.1.0"
    assert re.fullmatch("[0-9a-f]{40,64}", said["revision"])
    assert len(said["description"]) > 20


def title(image: Image) -> str:
    name: str = image.config["Labels"]["org.opencontainers.image.title"]
    return name


def test_how_it_starts_and_stops(image: Image) -> None:
    config = image.config
    assert config["Entrypoint"] == ["giveway"]  # a list: a shell would swallow SIGTERM
    assert config["User"] == "10001:10001"  # numbers: runAsNonRoot can only judge these
    assert config["WorkingDir"] == "/app"
    assert config["StopSignal"] in ("SIGTERM", "15")
    assert "Healthcheck" not in config
    assert not config.get("Volumes")
