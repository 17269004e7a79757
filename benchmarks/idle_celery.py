"""The Celery app that `idle.py` runs; imported only in the peers' environment."""

import os

from celery import Celery

url = os.environ["IDLE_URL"]
app = Celery("idle", broker=url, backend=url)


@app.task  # type: ignore[untyped-decorator]  # Celery tells no types
def note() -> None:
    """Nothing."""
