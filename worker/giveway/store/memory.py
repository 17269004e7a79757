"""What a server does when it is full, by its own words: INFO, because CONFIG is for operators."""

from giveway.store.execute import AsyncStore


async def eviction_policy(store: AsyncStore, *, key: str) -> str | None:
    """The policy of the server that holds `key`, as `noeviction`; None if it does not tell.

    Raises `StoreError` if Redis is away, or if this user may not ask.
    """
    policy = (await store.info("memory", key=key)).get("maxmemory_policy")
    return None if policy is None else str(policy)
