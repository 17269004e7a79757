"""A mutant: one deliberate mistake in one script, as a textual edit."""

import re
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from giveway.store import loader


class StaleMutant(Exception):
    """The text that a mutant edits has changed: the mutant has to be written anew."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` stands exactly once in `file` (below store/lua), indented as it may, and becomes `new`.

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
        _copy(loader.lua_folder(), folder)
        place = folder / self.file
        text = place.read_text("utf-8")
        found = list(self._pattern().finditer(text))
        if len(found) != 1:
            raise StaleMutant(f"{self.name}: {self.file} holds {len(found)} x {self.old!r}")
        begin, end = found[0].span()
        place.write_text(text[:begin] + self.new + text[end:], "utf-8")

    def _pattern(self) -> re.Pattern[str]:
        """The old text at any indentation: a block that moves into a function is the same block."""
        lines = [re.escape(line.strip()) for line in self.old.strip().splitlines()]
        return re.compile(r"\n[ ]*".join(lines))


def _copy(source: Traversable, folder: Path) -> None:
    for entry in source.iterdir():
        if entry.is_dir():
            (folder / entry.name).mkdir(exist_ok=True)
            _copy(entry, folder / entry.name)
        elif entry.name.endswith(".lua"):
            (folder / entry.name).write_text(entry.read_text("utf-8"), "utf-8")
