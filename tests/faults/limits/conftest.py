"""Workers and a queue, as in the tests of the worker."""

from tests.integration.worker.conftest import shop, worker

__all__ = ["shop", "worker"]  # fixtures
