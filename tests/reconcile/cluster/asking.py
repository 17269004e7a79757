"""The operator's own client for a test: opened in the test's loop, closed at its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from giveway_operator.cluster.api import Api
from giveway_operator.cluster.patience import DEFAULT, Patience
from giveway_operator.cluster.sender import Counted, uncounted


@asynccontextmanager
async def asking(
    kubeconfig: Path, *, patience: Patience = DEFAULT, counted: Counted = uncounted
) -> AsyncIterator[Api]:
    api = Api.connect(kubeconfig=kubeconfig, patience=patience, counted=counted)
    try:
        yield api
    finally:
        await api.close()
