"""Writes the bytecode of Python's own modules that Giveway imports into a folder, for the image.

The official Python images carry none (they remove every .pyc), and a container with a read-only
root file system cannot keep what it compiles: every start would compile the same modules again.
Compiling the whole library would add five times as much to the image.

    python bytecode.py FOLDER PACKAGE...    FOLDER is then copied over the root of the image

Model: everything that the packages hold is imported, and what is imported anyway is written. Never
compared with its source: layers need not keep times, and equal inputs give equal files.
"""

import contextlib
import importlib
import importlib.util
import pkgutil
import py_compile
import sys
from pathlib import Path

# Imported later than Giveway: at the start of a child, at the first name that is looked up, with a
# package's metadata or data.
_LATER = (
    "multiprocessing.forkserver",
    "multiprocessing.resource_tracker",
    "encodings.idna",
    "email.parser",
    "importlib.readers",
)


def main(folder: Path, packages: list[str]) -> None:
    for name in (*_LATER, *packages):
        importlib.import_module(name)
    for package in packages:
        for module in pkgutil.walk_packages(sys.modules[package].__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                with contextlib.suppress(ModuleNotFoundError):  # an extra that is not installed
                    importlib.import_module(module.name)
    for source in _library():
        cached = Path(importlib.util.cache_from_source(str(source)))
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        target = folder / cached.relative_to("/")
        py_compile.compile(str(source), str(target), doraise=True, invalidation_mode=mode)


def _library() -> set[Path]:
    """The sources of what came with Python; the environment's own are compiled already."""
    specs = [getattr(each, "__spec__", None) for each in sys.modules.values()]
    origins = {each.origin for each in specs if each is not None}
    sources = {Path(origin) for origin in origins if origin and origin.endswith(".py")}
    return {each for each in sources if not each.is_relative_to(sys.prefix)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
