"""Writes the tables of docs/autoscaling.md from the raw records beside it.

    python scripts/generate_autoscaling_docs.py            write them (`make fix`)
    python scripts/generate_autoscaling_docs.py --check    only compare them (`make check`)

The records are docs/autoscaling/records.json, measured by `make simulation`. What stands between
`<!-- written: NAME -->` and `<!-- end -->` is written here; the rest of the page is by hand.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the records are read by the experiment that writes them

from scripts.kept import keep  # noqa: E402

PAGE = ROOT / "docs" / "autoscaling.md"
WRITTEN = re.compile(r"(<!-- written: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page() -> str:
    from benchmarks.autoscaling.page import part
    from benchmarks.autoscaling.records import read

    loads = read()
    return WRITTEN.sub(
        lambda found: f"{found[1]}\n{part(found[2], loads)}\n{found[3]}", PAGE.read_text()
    )


if __name__ == "__main__":
    sys.exit(keep(PAGE, page(), source="its records say"))
