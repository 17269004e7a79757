"""The chart through the real Helm; what needs an API server asks for it."""

from pathlib import Path

import pytest

from tests.chart.helm import Helm
from tests.cluster.components import INSTALLER
from tests.cluster.fixtures import cluster, control_plane, crd, namespace, run_folder
from tests.cluster.programs import provide

__all__ = ["cluster", "control_plane", "crd", "namespace", "run_folder"]


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Without a cluster: for what is only rendered."""
    program = provide(INSTALLER, say=print)["helm"]
    return Helm(program, tmp_path_factory.mktemp("helm"), Path("/nowhere"))
