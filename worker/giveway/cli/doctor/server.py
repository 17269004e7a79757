"""What the facts of a server mean. Pure."""

from collections.abc import Iterator

from giveway.cli.doctor.facts import Facts
from giveway.cli.doctor.finding import Finding, Level
from giveway.cli.words import count, duration

SLOW_SECONDS = 0.005  # a round trip; within one data centre it is a tenth of that
SKEW_SECONDS = 1.0
FULL = 0.8  # of maxmemory
SLOW_FORK_US = 200_000  # Redis stands still for so long while it forks
LISTPACK_VALUE = 2048  # a waiting task of 100 bytes then takes 325 bytes instead of 549


def judge_server(facts: Facts) -> Iterator[Finding]:
    """Every check of the server, the gravest subjects first."""
    for check in (_version, _eviction, _persistence, _memory, _role, _latency, _clock, _settings):
        yield from check(facts)


def _version(facts: Facts) -> Iterator[Finding]:
    info = facts.info
    if not info:
        yield Finding("version", Level.UNKNOWN, "this user may not use INFO", "allow +info")
        return
    kind = "Valkey" if info.get("valkey_version") else "Redis"
    version = info.get("valkey_version") or info.get("redis_version")
    yield Finding("version", Level.OK, f"{kind} {version}, user {facts.user or 'unknown'}")


def _eviction(facts: Facts) -> Iterator[Finding]:
    policy = facts.info.get("maxmemory_policy")
    if policy is None:
        return
    if policy == "noeviction":
        yield Finding("eviction", Level.OK, "noeviction: nothing that waits is thrown away")
        return
    limited = int(facts.info.get("maxmemory", 0)) > 0
    yield Finding(
        "eviction",
        Level.FAIL if limited else Level.WARN,
        f"{policy}: when memory is full, tasks that wait may be deleted without a word",
        "CONFIG SET maxmemory-policy noeviction, and the same in its configuration file",
    )


def _persistence(facts: Facts) -> Iterator[Finding]:
    info = facts.info
    if not info:
        return
    if info.get("loading"):
        yield Finding("persistence", Level.WARN, "loading its data", "wait until it is done")
    if info.get("aof_enabled"):
        if info.get("aof_last_write_status") == "ok":
            fsync = (facts.settings or {}).get("appendfsync", "")
            lost = {"always": "nothing", "no": "up to half a minute"}.get(fsync, "about 1 s")
            yield Finding("persistence", Level.OK, f"append-only file; a power cut loses {lost}")
            yield from _delayed(int(info.get("aof_delayed_fsync", 0)))
        else:
            yield Finding(
                "persistence",
                Level.FAIL,
                "the append-only file cannot be written",
                "make room on the disk of Redis; until then every write is refused",
            )
    elif facts.settings is not None and facts.settings.get("save"):
        yield Finding(
            "persistence",
            Level.WARN,
            "snapshots only: a restart loses what came since the last one",
            "CONFIG SET appendonly yes, appendfsync everysec",
        )
    elif facts.settings is not None:
        yield Finding(
            "persistence",
            Level.FAIL,
            "none: a restart loses every task",
            "CONFIG SET appendonly yes, appendfsync everysec",
        )
    else:
        yield Finding(
            "persistence",
            Level.UNKNOWN,
            "no append-only file, and this user may not see whether there are snapshots",
            "look at your provider's settings: without either, a restart loses every task",
        )
    if info.get("rdb_last_bgsave_status") not in (None, "ok"):
        yield Finding(
            "persistence",
            Level.FAIL,
            "the last snapshot failed; with stop-writes-on-bgsave-error every write is refused",
            "look at the log of Redis: a full or read-only disk, or no memory to fork",
        )


def _delayed(times: int) -> Iterator[Finding]:
    """While an fsync runs Redis puts off its writes for up to 2 s, and yet says OK."""
    if times:
        yield Finding(
            "persistence",
            Level.WARN,
            f"{count(times, 'write')} had to wait for a slow disk: a kill then loses up to 2 s",
            "a faster disk for Redis, or appendfsync always",
        )


def _memory(facts: Facts) -> Iterator[Finding]:
    if "used_memory" not in facts.info:
        return
    used, limit = int(facts.info["used_memory"]), int(facts.info.get("maxmemory", 0))
    if not limit:
        yield Finding(
            "memory",
            Level.WARN,
            f"{_mib(used)} used, no limit: when the machine is full, Redis is killed",
            "CONFIG SET maxmemory to about three quarters of what the pod may have",
        )
    elif used > FULL * limit:
        yield Finding(
            "memory",
            Level.WARN,
            f"{used / limit:.0%} of {_mib(limit)} used: at 100 % enqueue is refused",
            "raise maxmemory, or let less wait: see `giveway status`",
        )
    else:
        yield Finding("memory", Level.OK, f"{used / limit:.0%} of {_mib(limit)} used")


def _role(facts: Facts) -> Iterator[Finding]:
    role = facts.info.get("role")
    if role == "slave":
        yield Finding(
            "role",
            Level.FAIL,
            "a replica: it accepts no work",
            "connect to the master, or through Sentinel (redis+sentinel://)",
        )
    elif role == "master":
        replicas = int(facts.info.get("connected_slaves", 0))
        yield Finding("role", Level.OK, f"master with {count(replicas, 'replica')}")


def _latency(facts: Facts) -> Iterator[Finding]:
    times = facts.round_trips
    middle, worst = times[len(times) // 2], times[-1]
    seen = f"a round trip takes {_ms(middle)}, the worst of {len(times)} {_ms(worst)}"
    if middle > SLOW_SECONDS:
        fix = "run workers near Redis: every claim and checkpoint pays it"
        yield Finding("latency", Level.WARN, seen, fix)
    else:
        yield Finding("latency", Level.OK, seen)
    fork = int(facts.info.get("latest_fork_usec", 0))
    if fork > SLOW_FORK_US:
        yield Finding(
            "latency",
            Level.WARN,
            f"the last fork stopped Redis for {duration(fork / 1e6)}",
            "less data on this server, or turn transparent huge pages off",
        )


def _clock(facts: Facts) -> Iterator[Finding]:
    skew = facts.skew_seconds
    if abs(skew) < SKEW_SECONDS:
        yield Finding("clock", Level.OK, f"differs from ours by {_ms(abs(skew))}")
        return
    yield Finding(
        "clock",
        Level.WARN,
        f"{duration(abs(skew))} {'ahead of' if skew > 0 else 'behind'} ours",
        "Giveway goes by the server's clock and does not mind; your logs will not match",
    )


def _settings(facts: Facts) -> Iterator[Finding]:
    if facts.settings is None:
        yield Finding(
            "settings",
            Level.UNKNOWN,
            "this user may not use CONFIG GET",
            "usual for managed servers; else ask as the user `operator` of docs/operations.md",
        )
        return
    value = int(facts.settings.get("hash-max-listpack-value", LISTPACK_VALUE))
    if value < LISTPACK_VALUE:
        yield Finding(
            "settings",
            Level.WARN,
            f"hash-max-listpack-value {value}: a waiting task takes more memory than it has to",
            f"CONFIG SET hash-max-listpack-value {LISTPACK_VALUE}: two fifths less",
        )
    if int(facts.settings.get("tcp-keepalive", 300)) == 0:
        yield Finding(
            "settings",
            Level.WARN,
            "tcp-keepalive 0: the server never notices clients that vanished",
            "CONFIG SET tcp-keepalive 60",
        )


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
