"""The app of the next version: it knows a task more."""

from tests.integration.worker.acts import note
from tests.integration.worker.apps import build

app = build()


@app.task
def of_tomorrow(value: int) -> int:
    note("start")
    return value
