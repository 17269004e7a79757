"""Finds the app that a worker is to run: `MODULE:APP`, looked up from the current folder.

Every way of getting it wrong has a message of its own, because this is the first thing a new user
does.
"""

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from giveway.errors import ConfigurationError
from giveway.runtime.registry import Registry

if TYPE_CHECKING:
    from giveway.settings import Settings


class App(Protocol):
    """What a worker needs of a `Giveway`; runtime stands below `app.py` and must not import it."""

    registry: Registry

    @property
    def queue(self) -> str:
        """The name of the queue."""
        ...

    @property
    def tiers(self) -> tuple[str, ...]:
        """The most urgent first."""
        ...

    def override(self, **arguments: Any) -> "Settings":
        """Settings that win over the app's own."""
        ...


def load_app(target: str) -> App:
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
    return found


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


def _is_app(value: object) -> TypeGuard[App]:
    return all(hasattr(value, name) for name in ("registry", "queue", "tiers", "override"))
