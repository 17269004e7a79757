"""Finds the app that a worker is to run: `MODULE:APP`, looked up from the current folder.

Every way of getting it wrong has a message of its own, because this is the first thing a new user
does.
"""

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING

from giveway.errors import ConfigurationError

if TYPE_CHECKING:
    from giveway.app import Giveway


def load_app(target: str) -> "Giveway":
    """Import the module and take the app out of it.

    Raises `ConfigurationError` that says which part was not found. An error inside the module
    itself is not ours to hide: it comes through as it is.
    """
    module_name, _, attribute = target.partition(":")
    if not module_name or not attribute:
        raise ConfigurationError(
            f"{target!r}: name the app as MODULE:APP, for example shop.tasks:app"
        )
    if "" not in sys.path and "." not in sys.path:
        sys.path.insert(0, "")
    _check_found(module_name)
    found: object = importlib.import_module(module_name)
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise ConfigurationError(
                f"module {module_name!r} has no {name!r}; is the app named so?"
            )
        found = getattr(found, name)
    if not _is_app(found):
        kind = type(found).__name__
        raise ConfigurationError(f"{target} is a {kind}, not a giveway.Giveway app")
    return found  # type: ignore[return-value]  # checked by _is_app, which cannot import app.py


def _check_found(module_name: str) -> None:
    name = ""
    for part in module_name.split("."):
        name = f"{name}.{part}" if name else part
        try:
            found = importlib.util.find_spec(name)
        except (ModuleNotFoundError, ValueError):
            found = None
        if found is None:
            raise ConfigurationError(
                f"no module named {name!r} here or in the Python path; "
                "start the worker in the folder that holds it, or set PYTHONPATH"
            )


def _is_app(value: object) -> bool:
    # By what it offers: runtime stands below app.py and must not import it.
    return all(hasattr(value, name) for name in ("registry", "queue", "tiers"))
