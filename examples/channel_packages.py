"""One master package becomes a package for every channel it is sold through.

A channel package is the master archive and one small file, `META-INF/channel`, that says where it
was sold. Two hundred of them are made whenever there is time (`build_all`, tier low); three are
wanted now (`build_one`, tier high), and the batch gives way for these between two packages.

    giveway worker channel_packages:app --processes 2      # in one terminal
    python channel_packages.py                             # in another
    giveway status --queue packaging

A task may run again after a crash, so making a package is idempotent: the same channel gives the
same bytes, and an archive gets its name only when it is whole and has been tested.
"""

import hashlib
import json
import os
import random
import shutil
import time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from giveway import Batch, Giveway, current_task

app = Giveway("packaging", tiers=("high", "normal", "low"))


@app.task(tier="high")
def build_one(package_id: int, channel: int) -> str:
    """Somebody waits for this one."""
    return build(package_id, channel=channel)


@app.batch(tier="low")
def build_all(batch: Batch, package_id: int, channels: list[int]) -> int:
    """The rest, whenever there is time."""
    for channel in batch.each(channels):  # between two packages the batch gives way
        build(package_id, channel=channel)
    return batch.done


@app.batch(tier="normal")
def check_all(batch: Batch, package_id: int, channels: list[int]) -> int:
    """Checks packages that were made earlier; the first bad one fails the batch and is named."""
    for channel in batch.each(channels):
        write_journal("check", channel=channel)
        check(package(package_id, channel=channel), channel=channel)
    return batch.done


# -- how a package is made ------------------------------------------------------------------------

FOLDER = Path(os.environ.get("PACKAGES", "packages"))
CHANNEL_FILE = "META-INF/channel"


def master(package_id: int) -> Path:
    """Where the master of a package lies."""
    return FOLDER / str(package_id) / "master.zip"


def package(package_id: int, *, channel: int) -> Path:
    """Where the package for this channel lies, with its checksum beside it."""
    return FOLDER / str(package_id) / f"channel-{channel:03}.zip"


def build(package_id: int, *, channel: int) -> str:
    """Makes the package for one channel, leaves a line in the journal, returns the checksum."""
    write_journal("stamp", channel=channel)
    return stamp(master(package_id), channel=channel, out=package(package_id, channel=channel))


def make_master(package_id: int) -> Path:
    """Makes a master of about 8 MB: pictures, stored as they are, and text, which is compressed."""
    path = master(package_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = random.Random(package_id)
    with ZipFile(path, "w") as archive:
        for number in range(360):
            data = content.randbytes(content.randrange(9_000, 32_000))
            if number % 2 == 0:
                archive.writestr(ZipInfo(f"pictures/{number:03}.bin"), data, ZIP_STORED)
            else:
                archive.writestr(ZipInfo(f"text/{number:03}.hex"), data.hex(), ZIP_DEFLATED, 1)
    return path


def stamp(source: Path, *, channel: int, out: Path) -> str:
    """Copies the master, adds the channel file, tests the copy, and returns its checksum.

    All this happens under a name of this process's own: a crash leaves that file behind, never
    half an archive under a name that somebody could ship.
    """
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    shutil.copyfile(source, part)
    with ZipFile(part, "a") as archive:
        archive.writestr(ZipInfo(CHANNEL_FILE), f"{channel}\n")  # ZipInfo: no clock in the bytes
    open_and_test(part, channel=channel)
    checksum = sha256(part)
    out.with_suffix(".sha256").write_text(f"{checksum}  {out.name}\n")  # for `sha256sum --check`
    part.replace(out)
    return checksum


def check(archive: Path, *, channel: int) -> None:
    """Raises ValueError unless the archive is whole, is this channel's, and has its checksum."""
    open_and_test(archive, channel=channel)
    if sha256(archive) != archive.with_suffix(".sha256").read_text().split()[0]:
        raise ValueError(f"{archive.name} does not have the checksum that was written down")


def open_and_test(archive: Path, *, channel: int) -> None:
    """Reads every file in the archive against its CRC, and the channel file by its content."""
    with ZipFile(archive) as opened:
        if damaged := opened.testzip():
            raise ValueError(f"{archive.name}: {damaged} is damaged")
        if opened.read(CHANNEL_FILE) != f"{channel}\n".encode():
            raise ValueError(f"{archive.name} is not the package for channel {channel}")


def sha256(path: Path) -> str:
    """The checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_journal(verb: str, *, channel: int) -> None:
    """Adds one line for every package begun. A line is one write, so that two never mix."""
    entry = {"at": time.monotonic(), "pid": os.getpid(), "verb": verb, "channel": channel}
    task = current_task()
    line = json.dumps(entry | {"task": task.id if task else None})
    with (FOLDER / "journal.jsonl").open("ab", buffering=0) as journal:
        journal.write(line.encode() + b"\n")


if __name__ == "__main__":
    make_master(10086)
    build_all.enqueue(10086, channels=list(range(1, 201)))
    for wanted_now in (901, 902, 903):
        build_one.enqueue(10086, channel=wanted_now)
    print(f"203 packages are on their way to {FOLDER / '10086'}")
