"""values.yaml and Chart.yaml as they stand."""

from functools import cached_property
from typing import Any

import yaml

from tests.chart.helm import CHART


class _Values(dict[str, Any]):
    @cached_property
    def chart(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((CHART / "Chart.yaml").read_text())
        return found


VALUES = _Values(yaml.safe_load((CHART / "values.yaml").read_text()))
