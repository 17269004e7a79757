"""docs/architecture.md and import-linter's contract say the same words."""

import re
from collections.abc import Iterator

from tests.architecture.project import PYPROJECT, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
CONTRACTS = {each["id"]: each for each in PYPROJECT["tool"]["importlinter"]["contracts"]}


def rows(heading: str) -> Iterator[tuple[str, ...]]:
    """The cells of the table whose header row begins with these words."""
    _, _, table = PAGE.partition(heading)
    assert table, f"docs/architecture.md has no table that begins with {heading!r}"
    for line in table.splitlines()[2:]:
        if not line.startswith("|"):
            return
        yield tuple(cell.strip() for cell in line.strip("|").split("|"))


def described_floors() -> list[str]:
    """The rooms of each floor, top first, written as the contract writes them."""
    return [
        rooms.replace("`", "").replace(" or ", " | ").replace(" and ", " : ")
        for _, rooms, _ in rows("| floor | rooms |")
    ]


def test_the_page_describes_the_floors_that_the_contract_holds() -> None:
    held = [floor.replace("(", "").replace(")", "") for floor in CONTRACTS["floors"]["layers"]]
    assert described_floors() == held


def test_the_floors_are_numbered_from_the_ground() -> None:
    numbers = [int(number) for number, _, _ in rows("| floor | rooms |")]
    assert numbers == list(reversed(range(len(numbers))))


def test_every_library_that_the_page_binds_to_a_room_is_bound_by_a_contract() -> None:
    for libraries, room, _ in rows("| library | only in |"):
        names = {name.strip() for name in libraries.split(",")}
        contract = next(
            each for each in CONTRACTS.values() if names <= set(each.get("forbidden_modules", ()))
        )
        allowed = {entry.split(" -> ")[0] for entry in contract.get("ignore_imports", ())}
        named = re.findall(r"`(\w+)`", room)
        assert {entry.removesuffix(".**") for entry in allowed} == {f"giveway.{n}" for n in named}


def test_every_place_that_the_page_sends_a_newcomer_to_exists() -> None:
    places = set(re.findall(r"`((?:worker|tests|docs)/[\w./]+)`", PAGE))
    assert places
    assert sorted(place for place in places if not (ROOT / place).exists()) == []
