"""Writes the settings into docs/operator.md, so that the page cannot leave one out.

    python scripts/generate_operator_docs.py            write them (`make fix`)
    python scripts/generate_operator_docs.py --check    only compare them (`make check`)

From operator/giveway_operator/settings.py.
"""

import ast
import inspect
import re
import sys
from pathlib import Path

from giveway_operator.settings import PREFIX, OperatorSettings

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # what generators share is a module beside them

from scripts.kept import keep  # noqa: E402

PAGE = ROOT / "docs" / "operator.md"


def settings() -> str:
    told = _docstrings()
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(field.default)} | {told[name]} |"
        for name, field in OperatorSettings.model_fields.items()
    ]
    return "\n".join(["| variable | default | |", "|---|---|---|", *rows])


def _docstrings() -> dict[str, str]:
    """The text below each field."""
    (body,) = ast.parse(inspect.getsource(OperatorSettings)).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            assert isinstance(field.target, ast.Name)
            assert isinstance(text.value, ast.Constant)
            found[field.target.id] = " ".join(str(text.value.value).split())
    return found


def _default(value: object) -> str:
    if value in ("", ()):
        return "none"
    shown = str(value).lower() if isinstance(value, bool) else value
    return f"`{value:g}`" if isinstance(value, float) else f"`{shown}`"


def page(text: str) -> str:
    place = re.compile(r"(<!-- settings: .*? -->\n).*?(<!-- /settings -->)", re.DOTALL)
    assert place.search(text), f"docs/{PAGE.name} has no place for the settings"
    return place.sub(lambda match: f"{match[1]}{settings()}\n{match[2]}", text)


if __name__ == "__main__":
    sys.exit(keep(PAGE, page(PAGE.read_text()), source="the settings say"))
