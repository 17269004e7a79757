"""Writes what in charts/giveway is said elsewhere already, so that it cannot say something else.

    python scripts/generate_chart.py            write it (`make fix`)
    python scripts/generate_chart.py --check    only compare it (`make check`)

values.schema.json and the README's table come from the chart's values.yaml, the rest from the
operator's sources; scripts/chart/ makes them.
"""

import sys
from pathlib import Path

from giveway_operator.cluster.rights import Where

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the parts of this script are a package beside it

from scripts.chart import copies, readme, schema, values  # noqa: E402
from scripts.kept import keep  # noqa: E402

CHART = ROOT / "charts" / "giveway"


def files() -> dict[Path, str]:
    """Each file, and what is to stand in it."""
    told = values.read((CHART / "values.yaml").read_text())
    return {
        CHART / "Chart.yaml": copies.with_version((CHART / "Chart.yaml").read_text()),
        CHART / "values.schema.json": schema.written(told),
        CHART / "README.md": readme.with_table((CHART / "README.md").read_text(), told),
        CHART / "files" / "priorityqueues-spec.yaml": copies.definition_spec(),
        CHART / "files" / "rights-queues.yaml": copies.rights(Where.QUEUES),
        CHART / "files" / "rights-own.yaml": copies.rights(Where.OWN),
        CHART / "files" / "valkey-rights": copies.valkey_rights(),
    }


if __name__ == "__main__":
    sys.exit(max(keep(path, text, source="its sources say") for path, text in files().items()))
