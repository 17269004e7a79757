"""The definition as it lies in the package: for `kubectl apply`, without what makes it."""

from importlib.resources import files
from typing import Final

FILE: Final = "priorityqueues.yaml"


def packaged() -> str:
    """The CustomResourceDefinition as YAML."""
    return (files("giveway_operator") / FILE).read_text(encoding="utf-8")
