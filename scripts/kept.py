"""What each generator does with what it has made: writes it, or with --check only compares."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def keep(page: Path, text: str, *, source: str) -> int:
    """The exit code. `source`: what the page is made from, as a subject: "the model says"."""
    if "--check" not in sys.argv[1:]:
        page.write_text(text)
        return 0
    if page.is_file() and page.read_text() == text:
        return 0
    print(f"{page.relative_to(ROOT)} is not what {source}: run `make fix`", file=sys.stderr)
    return 1
