"""Loads the scripts: `lua/<verb>.lua` with its includes put in textually.

A line `-- @include name` stands for `lua/includes/name.lua`; each is included at most once in a
script, so the include of a verb may itself ask for what it needs. Redis knows a script by the SHA-1
of this text. Comments are left out of what is sent: they are for people.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_INCLUDE: Final = re.compile(r"^-- @include (\w+)$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^[ \t]*--.*\n", re.MULTILINE)

VERBS: Final = (
    "enqueue",
    "settle_claim",
    "checkpoint",
    "renew",
    "release",
    "cancel",
    "stats",
    "redrive",
    "configure",
)


@dataclass(frozen=True, slots=True)
class Script:
    """One verb as Redis gets it."""

    verb: str
    text: str
    sha: str


def lua_folder() -> Traversable:
    return files(__package__) / "lua"


def _expand(text: str, seen: set[str]) -> str:
    def included(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in seen:
            return ""
        seen.add(name)
        source = (lua_folder() / "includes" / f"{name}.lua").read_text("utf-8")
        return _expand(source, seen)

    return _INCLUDE.sub(included, text)


def assemble(source: str) -> str:
    """The text of a verb with its includes, its comments removed."""
    return _COMMENT.sub("", _expand(source, set()))


def script_from(verb: str, source: str) -> Script:
    text = assemble(source)
    return Script(verb=verb, text=text, sha=hashlib.sha1(text.encode()).hexdigest())  # noqa: S324 (Redis's own name for a script)


@cache
def load(verb: str) -> Script:
    """The script of a verb, read once per process."""
    return script_from(verb, (lua_folder() / f"{verb}.lua").read_text("utf-8"))
