"""Finds the app that `MODULE:APP` names, in one line if that fails.

What was not found is told by `runtime/target.py`. A module that is there and fails while it is
imported is a user's mistake too: the line names the error and the place of it.
"""

import traceback
from typing import TYPE_CHECKING, cast

from giveway.errors import GivewayError

if TYPE_CHECKING:
    from giveway.app import Giveway


def find_app(target: str) -> "Giveway":
    """Imports the module and returns its app.

    Raises `ConfigurationError` for what is not there, `GivewayError` for what fails.
    """
    from giveway.runtime.target import load_app

    try:
        return cast("Giveway", load_app(target))
    except GivewayError:
        raise
    # A module that calls sys.exit() would end the worker without a word.
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a user's module may raise anything
        module = target.partition(":")[0]
        raise GivewayError(f"{module} cannot be imported: {_placed(error)}") from None


def _placed(error: Exception | SystemExit) -> str:
    """The error, and the line of the user's program that raised it."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} ({error.filename}, line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith("<frozen")]
    place = f" ({own[-1].filename}, line {own[-1].lineno})"
    return f"{type(error).__name__}: {error}{place}"
