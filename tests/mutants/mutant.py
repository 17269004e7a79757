"""A mutant: one deliberate mistake in one script, as a textual edit."""

from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from giveway.store import loader


class StaleMutant(Exception):
    """The text that a mutant edits has changed: the mutant has to be written anew."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` stands exactly once in `file` (below store/lua) and becomes `new`.

    `breaks` says what goes wrong, `equivalent` why nobody can tell (only then it may live).
    """

    name: str
    file: str
    old: str
    new: str
    breaks: str
    equivalent: str = ""

    def write(self, folder: Path) -> None:
        """All scripts into `folder`, this one changed."""
        source = loader_folder()
        _copy(source, folder)
        place = folder / self.file
        text = place.read_text("utf-8")
        if text.count(self.old) != 1:
            raise StaleMutant(
                f"{self.name}: {self.file} holds {text.count(self.old)} x {self.old!r}"
            )
        place.write_text(text.replace(self.old, self.new), "utf-8")


def loader_folder() -> Traversable:
    """The scripts as they are."""
    return loader.lua_folder()


def _copy(source: Traversable, folder: Path) -> None:
    for entry in source.iterdir():
        if entry.is_dir():
            (folder / entry.name).mkdir(exist_ok=True)
            _copy(entry, folder / entry.name)
        elif entry.name.endswith(".lua"):
            (folder / entry.name).write_text(entry.read_text("utf-8"), "utf-8")
