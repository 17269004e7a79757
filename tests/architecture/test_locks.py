"""The locks of the images hold what pyproject.toml asks for, and everything by its hash."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.project import PYPROJECT, ROOT

FOLDER = ROOT / "deploy"
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
ASKED = {
    "worker": PROJECT["dependencies"],
    "operator": PROJECT["dependencies"] + EXTRAS["operator"],
    "build": PYPROJECT["build-system"]["requires"],
}


def rows(name: str) -> list[tuple[Requirement, list[str]]]:
    """Each pinned package with its hashes."""
    text = (FOLDER / f"{name}.lock").read_text()
    blocks = re.findall(r"^([a-z][^\\\n]*)((?: \\\n {4}--hash=\S+)*)$", text, re.MULTILINE)
    return [(Requirement(row), re.findall(r"--hash=(\S+)", hashes)) for row, hashes in blocks]


@pytest.mark.parametrize("name", ASKED)
def test_a_lock_holds_what_is_asked_for_within_its_range(name: str) -> None:
    pinned = {canonicalize_name(row.name): str(row.specifier)[2:] for row, _ in rows(name)}
    for line in ASKED[name]:
        asked = Requirement(line)
        found = pinned.get(canonicalize_name(asked.name))
        assert found is not None, f"{line}: not locked (make locks)"
        assert asked.specifier.contains(found), f"{line}, locked: {found} (make locks)"


@pytest.mark.parametrize("name", ASKED)
def test_everything_is_pinned_by_version_and_hash(name: str) -> None:
    found = rows(name)
    assert len(found) >= 6
    for row, hashes in found:
        assert re.fullmatch(r"==[^*,]+", str(row.specifier)), row
        assert hashes
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for each in hashes), row


def test_what_both_images_have_is_the_same_in_both() -> None:
    operator = {row.name: str(row.specifier) for row, _ in rows("operator")}
    for row, _ in rows("worker"):
        assert operator[row.name] == str(row.specifier)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.lock")), ids=lambda path: Path(path).stem)
def test_a_lock_names_no_address(path: Path) -> None:
    # Whoever builds fetches from where they trust; hashes say that it is the same.
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host", path.read_text())
