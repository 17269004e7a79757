"""The fixtures of the tests on a real API server, for hours instead of seconds."""

from tests.reconcile.conftest import (
    api_proxy,
    cluster,
    control_plane,
    controllers,
    crd,
    namespace,
    run_folder,
    run_operator,
)
from tests.reconcile.loop.conftest import producer, redis, scene

__all__ = [
    "api_proxy",
    "cluster",
    "control_plane",
    "controllers",
    "crd",
    "namespace",
    "producer",
    "redis",
    "run_folder",
    "run_operator",
    "scene",
]
