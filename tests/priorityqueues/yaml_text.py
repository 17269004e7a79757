"""A resource as the text that a person has in a file."""

from typing import Any

import yaml


def as_yaml(*documents: Any) -> str:
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)
