"""Writes the bytecode of Python's own modules that Giveway imports, once, into the image.

The official Python images carry none (they remove every .pyc), and a container with a read-only
root file system could not keep what it compiles: every start would compile some 300 modules again.
Compiling the whole library instead would add several times as much to the image.

Model: whatever is imported while bytecode may be written leaves its bytecode behind, so everything
that the named packages hold is imported, and what their child processes start with.
"""

import importlib
import pkgutil
import sys

# What a child of multiprocessing or a server of forks imports before any code of ours runs.
_OF_CHILDREN = ("multiprocessing.forkserver", "multiprocessing.resource_tracker")


def main(packages: list[str]) -> None:
    for name in (*_OF_CHILDREN, *packages):
        importlib.import_module(name)
    for package in packages:
        for module in pkgutil.walk_packages(sys.modules[package].__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                _import(module.name)


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as missing:  # an extra that this image does not have
        print(f"{name}: without {missing.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
