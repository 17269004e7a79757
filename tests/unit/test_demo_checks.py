"""The demo's checks fail when they should; with the real program and real archives."""

from pathlib import Path

import pytest

from giveway.cli.demo import channel_packages as program
from giveway.cli.demo import checks
from giveway.core.record import Snapshot, TierSnapshot

CHANNELS = [1, 2, 3]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a master and three packages."""
    folder = tmp_path_factory.mktemp("packages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "FOLDER", folder)
        program.make_master(1)
        for channel in CHANNELS:
            program.build(1, channel=channel)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to do mischief with."""
    (tmp_path / "1").mkdir()
    for path in (made / "1").iterdir():
        (tmp_path / "1" / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(program, "FOLDER", tmp_path)
    return tmp_path / "1"


def found() -> list[checks.Check]:
    def check(channel: int) -> None:
        program.check(program.package(1, channel=channel), channel=channel)

    return [
        *checks.archives(
            CHANNELS,
            path_of=lambda channel: program.package(1, channel=channel),
            check=check,
            progress=lambda _: None,
        )
    ]


def test_good_packages_pass(folder: Path) -> None:
    assert [check.passed for check in found()] == [True, True]
    assert folder.joinpath("master.zip").stat().st_size == pytest.approx(8_000_000, rel=0.1)


def test_the_same_channel_gives_the_same_bytes(folder: Path) -> None:
    before = program.package(1, channel=2).read_bytes()
    program.build(1, channel=2)
    assert program.package(1, channel=2).read_bytes() == before


def test_a_stamp_leaves_nothing_but_the_archive_and_its_checksum(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["master.zip", *(f"channel-00{n}.{kind}" for n in CHANNELS for kind in ("zip", "sha256"))]
    )


def test_a_missing_package_is_named(folder: Path) -> None:
    (folder / "channel-002.zip").unlink()
    opened, missing = found()
    assert (opened.passed, missing.passed) == (False, False)
    assert missing.text == "1 missing (channel-002.zip)"


def test_half_a_package_is_not_one(folder: Path) -> None:
    path = folder / "channel-002.zip"
    path.write_bytes(path.read_bytes()[:4_000_000])
    assert "2 of 3 archives" in found()[0].text


def test_a_changed_byte_is_found(folder: Path) -> None:
    path = folder / "channel-002.zip"
    data = bytearray(path.read_bytes())
    data[4_000_000] ^= 1
    path.write_bytes(data)
    assert not found()[0].passed


def test_a_wrong_checksum_is_found(folder: Path) -> None:
    (folder / "channel-002.sha256").write_text("0" * 64 + "  channel-002.zip\n")
    assert "does not have the checksum" in found()[0].text


def test_a_package_that_nobody_ordered_is_found(folder: Path) -> None:
    (folder / "channel-004.zip").write_bytes(b"")
    assert found()[-1].text == "1 that nobody ordered (channel-004.zip)"


@pytest.mark.parametrize(
    ("stamped", "in_hand", "passed"),
    [
        ([1, 2, 3], None, True),
        ([1, 2, 2, 3], 2, True),  # the crash allows that one
        ([1, 2, 3], 2, True),  # and does not ask for it
        ([1, 2, 2, 3], None, False),
        ([1, 2, 2, 3], 3, False),
        ([1, 2, 2, 2, 3], 2, False),
        ([1, 2, 2, 3, 3], 2, False),
        ([1, 3], None, False),
    ],
)
def test_only_the_package_in_hand_may_be_made_again(
    stamped: list[int], in_hand: int | None, passed: bool
) -> None:
    assert checks.executions(stamped, channels=CHANNELS, in_hand=in_hand).passed is passed


def test_an_urgent_package_has_to_be_sooner_than_without_giving_way() -> None:
    assert checks.overtaking([0.1, 0.2], without=[3.0, 3.1], in_time=True).passed
    assert not checks.overtaking([0.1, 3.0], without=[3.0, 3.1], in_time=True).passed
    assert not checks.overtaking([0.1], without=[3.0], in_time=False).passed


def snapshot(*, depth: int = 0, inflight: int = 0, dead: int = 0) -> Snapshot:
    tier = TierSnapshot(
        name="high",
        open=True,
        paused=False,
        depth=depth,
        oldest_seconds=0.0,
        inflight=inflight,
        suspended=0,
        running_batches=0,
        delayed=0,
        due=0,
    )
    return Snapshot(server_time_us=0, tiers=(tier,), dead=dead, next_due_us=None, workers=1)


def test_nothing_may_be_left_in_the_queue() -> None:
    assert checks.settled([], snapshot()).passed
    assert not checks.settled(["build_one x is dead"], snapshot()).passed
    for left in (snapshot(depth=1), snapshot(inflight=1), snapshot(dead=1)):
        assert not checks.settled([], left).passed
