"""The whole of a queue in Redis, read in one step and taken apart for comparison.

The dump is a script of the test's own (`KEYS`, which no script of Giveway may use), so that what is
compared is one instant, and so that nothing of the code under test helps to read its own traces.
"""

from dataclasses import dataclass, field
from typing import Any

import redis

_DUMP = """
local found = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  local kind, value = redis.call('TYPE', key).ok, ''
  if kind == 'string' then value = redis.call('GET', key)
  elseif kind == 'list' then value = redis.call('LRANGE', key, 0, -1)
  elseif kind == 'hash' then value = redis.call('HGETALL', key)
  elseif kind == 'zset' then value = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end
  found[#found + 1] = {key, kind, redis.call('PTTL', key), value}
end
local now = redis.call('TIME')
return {now[1] * 1000000 + now[2], found}
"""


@dataclass(slots=True)
class Raw:
    """Every key of a queue without its prefix, by type. Lists and hash values stay bytes."""

    now_us: int
    strings: dict[str, bytes] = field(default_factory=dict)
    lists: dict[str, list[bytes]] = field(default_factory=dict)
    hashes: dict[str, dict[str, bytes]] = field(default_factory=dict)
    zsets: dict[str, dict[str, int]] = field(default_factory=dict)
    ttl_ms: dict[str, int] = field(default_factory=dict)  # only keys that have one

    def members(self, key: str) -> list[str]:
        """Members of a sorted set, by score."""
        return list(self.zsets.get(key, {}))

    def list_of(self, key: str) -> list[bytes]:
        return self.lists.get(key, [])


def read(client: redis.Redis, prefix: str) -> Raw:
    """Everything under `prefix`, at one instant of the server."""
    now_us, keys = client.eval(_DUMP, 0, prefix + "*")
    raw = Raw(now_us)
    for key, kind, ttl, value in keys:
        name = key.decode()[len(prefix) :]
        if ttl >= 0:
            raw.ttl_ms[name] = ttl
        _place(raw, name, kind, value)
    return raw


def _place(raw: Raw, name: str, kind: bytes, value: Any) -> None:
    if kind == b"string":
        raw.strings[name] = value
    elif kind == b"list":
        raw.lists[name] = value
    elif kind == b"hash":
        pairs = zip(value[::2], value[1::2], strict=True)
        raw.hashes[name] = {word.decode(): content for word, content in pairs}
    else:
        pairs = zip(value[::2], value[1::2], strict=True)
        raw.zsets[name] = {
            member.decode("utf-8", "replace"): int(float(score)) for member, score in pairs
        }
