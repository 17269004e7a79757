"""What a server does when it is full, by its own words: INFO, because CONFIG is for operators."""

from dataclasses import dataclass

from giveway.store.execute import AsyncStore


@dataclass(frozen=True, slots=True)
class ServerMemory:
    """`policy`: as `noeviction`, None if the server does not tell; `limit_bytes` 0: no limit."""

    policy: str | None
    used_bytes: int = 0
    limit_bytes: int = 0


async def server_memory(store: AsyncStore, *, key: str) -> ServerMemory:
    """Of the server that holds `key`.

    Raises `StoreError` if Redis is away, or if this user may not ask.
    """
    told = await store.info("memory", key=key)
    policy = told.get("maxmemory_policy")
    return ServerMemory(
        policy=None if policy is None else str(policy),
        used_bytes=int(told.get("used_memory", 0)),
        limit_bytes=int(told.get("maxmemory", 0)),
    )
