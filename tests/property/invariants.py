"""The invariants of the protocol, asked of Redis itself, without the model.

The model could share a mistake with the scripts; these cannot. Each is one function with the
number that it has in docs/testing.md. They need an honest queue: the machine *excuses* the ids that
it has itself put into a list a second time, as a producer in another language may do.
"""

from collections import Counter

from tests.property.model import HELD, MARKERS, READY
from tests.property.raw import Raw

# Keys that may live without a TTL, by their first word; everything else must have one (S13).
LASTING = frozenset(
    [
        "tier",
        "back",
        "lease",
        "delayed",
        "batches",
        "suspended",
        "wake",
        "dead",
        "done",
        "control",
        "stats",
        "workers",
    ]
)


def check(raw: Raw, *, excused: frozenset[str]) -> None:
    """Every invariant that one look can show."""
    tiers = raw.hashes.get("control", {}).get("tiers", b"").decode().split()
    places = _places(raw, tiers)
    _s1_every_task_is_in_exactly_one_place(raw, places, excused)
    _s2_a_lease_has_one_owner(raw)
    _s11_markers_never_outnumber_claimable_work(raw, tiers)
    _s13_no_key_without_end_outside_the_list(raw)
    _batches_are_held(raw, tiers)


def _places(raw: Raw, tiers: list[str]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for tier in tiers:
        for place in ("tier", "back"):
            for entry in raw.list_of(f"{place}:{tier}"):
                found[entry.decode("utf-8", "replace"), "ready"] += 1
        for place in ("lease", "delayed"):
            for id_ in raw.members(f"{place}:{tier}"):
                found[id_, place] += 1
    for id_ in raw.members("dead"):
        found[id_, "dead"] += 1
    return found


_PLACE = {READY: "ready", "y": "delayed", "x": "dead"} | dict.fromkeys(HELD, "lease")


def _s1_every_task_is_in_exactly_one_place(
    raw: Raw, places: Counter[tuple[str, str]], excused: frozenset[str]
) -> None:
    parked = any(key.startswith("tier:") for key in raw.strings)
    for key, fields in raw.hashes.items():
        if not key.startswith("task:"):
            continue
        id_ = key.removeprefix("task:")
        state = fields.get("run", b"w").decode()[0]
        found = {place: n for (name, place), n in places.items() if name == id_}
        wanted = _PLACE.get(state)
        ghost = fields.get("run", b":::").decode().split(":")[2] == "!"
        if id_ in excused or (parked and (ghost or wanted == "ready")):
            continue  # its list is put aside for the moment
        if wanted is not None:
            assert found == {wanted: 1}, f"S1: {id_} is {fields.get('run')!r} and in {found}"
        else:
            expected = {"ready": 1} if ghost else {}
            assert found == expected, f"S1/S4: settled {id_} is in {found}"


def _s2_a_lease_has_one_owner(raw: Raw) -> None:
    for key, fields in raw.hashes.items():
        if key.startswith("task:") and fields.get("run", b"w").decode()[0] in HELD:
            _, fence, owner, _ = fields["run"].decode().split(":")
            assert owner, f"S2: {key} is held by nobody"
            assert int(fence) > 0, f"S3: {key} is held under no fence"


def _s11_markers_never_outnumber_claimable_work(raw: Raw, tiers: list[str]) -> None:
    control = raw.hashes.get("control", {})
    paused = control.get("paused", b"").decode().split()
    for tier in tiers:
        if f"tier:{tier}" in raw.strings:
            continue  # parked: its markers wake a few in vain, until they are used up
        members = set(raw.members(f"wake:{tier}")) - {"due"}
        entries = len(raw.list_of(f"tier:{tier}")) + len(raw.list_of(f"back:{tier}"))
        ghosts = int(raw.hashes.get("stats", {}).get(f"{tier}:ghosts", b"0"))
        claimable = 0 if tier in paused else entries - ghosts
        assert len(members) <= min(MARKERS, max(0, claimable)), f"S11: {tier} has {members}"
        assert members <= {str(n) for n in range(MARKERS)}, f"S11: odd markers {members}"


def _s13_no_key_without_end_outside_the_list(raw: Raw) -> None:
    for key in (*raw.strings, *raw.lists, *raw.hashes, *raw.zsets):
        if key in raw.ttl_ms or key.split(":")[0] in LASTING:
            continue
        kind, _, id_ = key.partition(":")
        run = raw.hashes.get(f"task:{id_}", {}).get("run", b"w").decode()
        alive = kind in ("task", "items") and f"task:{id_}" in raw.hashes
        settled = run[0] in "dk" and run.split(":")[2] != "!"
        assert alive, f"S13: {key} lives for ever and belongs to nothing"
        assert not settled, f"S13: {key} lives for ever and its task is settled"


def _batches_are_held(raw: Raw, tiers: list[str]) -> None:
    for tier in tiers:
        leases = set(raw.members(f"lease:{tier}"))
        for place in ("batches", "suspended"):
            stray = set(raw.members(f"{place}:{tier}")) - leases
            assert not stray, f"S14: {place}:{tier} counts {stray}, which nobody holds"
