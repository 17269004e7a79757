"""What the workers of these tests run: a task that takes as long as it is told."""

import time

from giveway import Giveway

app = Giveway(tiers=["high", "low"])


@app.task(tier="high", name="work")
def work(seconds: float) -> None:
    time.sleep(seconds)
