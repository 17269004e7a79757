"""The example of values of that name, as Helm renders it."""

from tests.chart.helm import CHART, Helm, Manifests


def example(helm: Helm, name: str) -> Manifests:
    return helm.render(CHART / "ci" / f"{name}-values.yaml")
