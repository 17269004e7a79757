"""A real producer: it enqueues as any application does."""

from giveway import Giveway


class Producer:
    """Of one queue."""

    def __init__(self, queue: str, redis_url: str) -> None:
        app = Giveway(queue, redis_url=redis_url, tiers=["high", "low"])
        self._high = app.task(tier="high", name="work")(_work)

    def push(self, count: int = 1, *, seconds: float = 0.0) -> None:
        """So many tasks; each takes so long, if there is anybody to run them."""
        for _ in range(count):
            self._high.enqueue(seconds)


def _work(seconds: float) -> None:
    """The workers have their own."""
