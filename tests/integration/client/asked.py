"""What tests of the client look at past the client, and the task that they enqueue."""

import redis

from giveway import Giveway
from giveway.store.commands import Commands


def double(n: int, note: object = None) -> int:
    return 2 * n


def keys_of(raw: redis.Redis, queue: str) -> list[bytes]:
    return list(raw.scan_iter(match=f"giveway:{{{queue}}}:*", count=1000))


def depth(app: Giveway, tier: str = "normal") -> int:
    snapshot = app.client.store.run(app.client.calls.commands.stats())
    return next(one.depth for one in snapshot.tiers if one.name == tier)


def commands(app: Giveway) -> Commands:
    return app.client.calls.commands
