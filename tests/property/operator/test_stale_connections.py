"""Whatever a server lists: who is busy with something else, or is not ours, is never stale."""

from hypothesis import given
from hypothesis import strategies as st

from giveway.core.connection import Connection, Stale, read_connection, stale

OURS = "giveway:shop:pod-1.9.ab:f00d-claim"
ROLES = ("supervisor", "f00d-claim", "f00d-work")
QUIET = {"sub": 0, "psub": 0, "ssub": 0, "multi": -1, "watch": 0}

names = st.one_of(
    st.just(OURS),
    st.from_regex(r"(giveway|sidekiq)?(:[a-z0-9.-]{0,8}){0,5}", fullmatch=True),
)
flags = st.text("NbtRBeTUr", max_size=4)
seconds = st.integers(0, 10**7)
silences = st.one_of(st.none(), st.floats(0, 10**7))


def line(name: str, flags: str, age: int, idle: int, **counts: int) -> Connection:
    words = {"id": "7", "addr": "10.0.0.1:5000", "name": name, "flags": flags, "cmd": "get"}
    numbers = {"age": age, "idle": idle} | QUIET | counts
    words |= {key: str(number) for key, number in numbers.items()}
    return read_connection(" ".join(f"{key}={value}" for key, value in words.items()))


def judge(one: Connection, silence: float | None, *, gone: bool) -> Stale | None:
    heard = {} if silence is None else {one.owner: silence}
    return stale(one, silence_seconds=heard, gone={one.owner} if gone else ())


@given(names, flags, seconds, seconds, silences, st.booleans())
def test_only_workers_connections_are_ever_stale(
    name: str, flags: str, age: int, idle: int, silence: float | None, gone: bool
) -> None:
    one = line(name, flags, age, idle)
    parts = name.split(":", maxsplit=3)
    if judge(one, silence, gone=gone) is not None:
        assert (len(parts), parts[0]) == (4, "giveway")
        assert all(parts[1:3])
        assert parts[3].rpartition("-")[2] in ("supervisor", "claim", "work")


@given(
    st.sampled_from(ROLES),
    flags,
    st.sampled_from("PSMxdO"),
    seconds,
    seconds,
    silences,
    st.sampled_from([{}, {"sub": 1}, {"psub": 3}, {"ssub": 1}, {"watch": 2}, {"multi": 0}]),
    st.booleans(),
)
def test_who_is_busy_with_something_else_is_never_stale(
    role: str,
    flags: str,
    busy: str,
    age: int,
    idle: int,
    silence: float | None,
    counts: dict[str, int],
    gone: bool,
) -> None:
    name = f"giveway:shop:pod-1.9.ab:{role}"
    told_by_flag = line(name, flags + busy, age, idle)
    assert judge(told_by_flag, silence, gone=gone) is None
    if counts:
        assert judge(line(name, flags, age, idle, **counts), silence, gone=gone) is None


@given(flags, seconds, seconds, st.floats(0, 10**6), st.floats(0, 10**6))
def test_more_silence_never_makes_a_connection_well(
    flags: str, age: int, idle: int, silence: float, more: float
) -> None:
    one = line(OURS, flags, age, idle)
    if judge(one, silence, gone=False) is not None:
        assert judge(one, silence + more, gone=False) is not None
        assert judge(one, silence, gone=True) is Stale.OWNER_GONE


@given(flags, seconds, st.floats(0, 30), st.integers(0, 15))
def test_a_worker_that_is_heard_of_and_does_not_oversleep_keeps_its_connection(
    flags: str, age: int, silence: float, idle: int
) -> None:
    assert judge(line(OURS, flags, age, idle), silence, gone=False) is None
