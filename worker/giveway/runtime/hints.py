"""Annotations as types, also when they are written as text.

One at a time, so that an annotation nobody needs (the batch parameter, imported only for the type
checker) does not stop the others from being read.
"""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

from giveway.errors import ConfigurationError


def resolve(fn: Callable[..., Any], annotation: Any, *, where: str) -> Any:
    """The type that `annotation` of `fn` means; `Any` where there is none.

    Raises `ConfigurationError`, beginning with `where`, for a name that does not exist at run time.
    """
    if annotation is inspect.Parameter.empty:
        return Any
    namespace = getattr(inspect.unwrap(fn), "__globals__", {})
    try:
        return get_type_hints(_carrier(annotation), globalns=namespace, include_extras=True)["it"]
    except (NameError, SyntaxError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{where}: its annotation {annotation!r} cannot be read ({error}); "
            "import the type at run time, outside TYPE_CHECKING and outside functions"
        ) from None


def _carrier(annotation: Any) -> Callable[..., None]:
    """A function with just this annotation: `get_type_hints` reads whole objects only."""

    def carrier() -> None: ...

    carrier.__annotations__ = {"it": annotation}
    return carrier
