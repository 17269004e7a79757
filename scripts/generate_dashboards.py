"""Writes the Grafana dashboards of the chart from scripts/dashboards/.

    python scripts/generate_dashboards.py            write them (`make fix`)
    python scripts/generate_dashboards.py --check    only compare them (`make check`)

Grafana's library for it (grafana-foundation-sdk) is a developer's dependency; who installs the
chart gets the JSON.
"""

import json
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "charts" / "giveway" / "dashboards"

sys.path.insert(0, str(ROOT))
# The library would rather write the new schema: docs/decisions/0101 says why we do not.
warnings.filterwarnings("ignore", "Prefer using dashboardv2", DeprecationWarning)


def written() -> dict[Path, str]:
    """Each file and its text."""
    from grafana_foundation_sdk.cog.encoder import JSONEncoder

    from scripts.dashboards.operator import OPERATOR
    from scripts.dashboards.overview import OVERVIEW
    from scripts.dashboards.queue import QUEUE
    from scripts.dashboards.workers import WORKERS

    return {
        FOLDER / f"{board.file}.json": json.dumps(
            board.build(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for board in (OVERVIEW, QUEUE, WORKERS, OPERATOR)
    }


def main() -> int:
    texts = written()
    if "--check" not in sys.argv[1:]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            file.write_text(text)
        return 0
    stale = [file for file, text in texts.items() if not file.exists() or file.read_text() != text]
    for file in stale:
        name = file.relative_to(ROOT)
        print(f"{name} is not what scripts/dashboards says: run `make fix`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
