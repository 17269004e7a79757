"""The operator's own client for a test: opened in the test's loop, closed at its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from giveway_operator.cluster.api import Api
from giveway_operator.cluster.patience import DEFAULT, Patience
from giveway_operator.cluster.sender import Counted, uncounted

T = TypeVar("T")


@asynccontextmanager
async def asking(
    kubeconfig: Path, *, patience: Patience = DEFAULT, counted: Counted = uncounted
) -> AsyncIterator[Api]:
    api = Api.connect(kubeconfig=kubeconfig, patience=patience, counted=counted)
    try:
        yield api
    finally:
        await api.close()


def do(kubeconfig: Path, act: Callable[[Api], Awaitable[T]], *, patience: Patience = DEFAULT) -> T:
    """One act in a loop of its own."""

    async def run() -> T:
        async with asking(kubeconfig, patience=patience) as api:
            return await act(api)

    return asyncio.run(run())
