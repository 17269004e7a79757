"""An app whose tasks use a resource that writes down what becomes of it.

One is opened while the module is imported: in the process that the children are forked from.
"""

import itertools
import os
from typing import Any

from giveway import Giveway
from tests.integration.worker.acts import FOLDER, aact, act, note

TARGET = "tests.integration.worker.tills:app"
_numbers = itertools.count()


class Till:
    def __init__(self, kind: str) -> None:
        self.label = f"{kind}-{os.getpid()}-{next(_numbers)}"
        note("made", till=self.label)

    def close(self) -> None:
        note("closed", till=self.label)


class AsyncTill(Till):
    async def aclose(self) -> None:
        self.close()


async def open_async() -> AsyncTill:
    return AsyncTill("async")


def build(queue: str | None = None, **settings: Any) -> Giveway:
    app = Giveway(queue, **settings)
    till = app.resource(lambda: Till("plain"))
    atill = app.resource(open_async)

    @app.task
    def sell(do: str = "") -> str:
        with till() as here:
            note("has", till=here.label)
            act(do)
            return here.label

    @app.task
    async def asell(do: str = "") -> str:
        async with atill() as here:
            note("has", till=here.label)
            await aact(do)
            return here.label

    if FOLDER.exists():  # this is a worker
        with till():
            pass
    return app


app = build()
