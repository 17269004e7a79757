"""What an operator before us has noted: some have gone since, some are there, some are broken."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from giveway_operator.facts import QueueKey
from giveway_operator.loop.charges import Charges, notes
from giveway_operator.loop.jobs import Jobs
from giveway_operator.loop.register import Register
from giveway_operator.loop.roll import Roll
from giveway_operator.model import PriorityQueue
from tests.unit.operator.test_register import KEY, document

BROKEN = {"annotations": {"giveway.dev/pause": "perhaps"}}
NOTES = notes([PriorityQueue.parse(document(1))])


class Paper:
    """The notebook, without the API server that keeps it."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = dict(texts)

    async def read(self) -> Mapping[str, str]:
        return self.texts

    async def write(self, texts: Mapping[str, str]) -> None:
        self.texts = dict(texts)


class Later:
    """A farewell that does not come to its end while the test lasts."""

    def __init__(self) -> None:
        self.pending: dict[QueueKey, PriorityQueue] = {}

    async def take_back(self, gone: PriorityQueue, *, watched: object) -> None:
        await asyncio.Event().wait()


def synced(*documents: dict[str, Any], found: Mapping[str, str]) -> tuple[Roll, Register, Paper]:
    """A new operator, which has read what there is and what was noted."""
    register, paper = Register(), Paper(found)
    roll = Roll(register)
    for one in documents:
        register.put(one)
    roll.call()

    async def run() -> None:
        jobs = Jobs()
        charges = Charges(paper, roll, Later(), jobs)  # type: ignore[arg-type]
        await charges.sync()
        await asyncio.sleep(0)  # what it began has begun
        await charges.sync()
        await jobs.stop()

    asyncio.run(run())
    return roll, register, paper


def said(caplog: pytest.LogCaptureFixture) -> set[str]:
    return {record.getMessage() for record in caplog.records}


@pytest.fixture(autouse=True)
def _all_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="giveway")


def test_what_is_there_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    _, _, paper = synced(document(1), found={})

    assert paper.texts == NOTES
    assert "queue_found_gone" not in said(caplog)


def test_what_has_gone_is_taken_back_and_noted_until_that_is_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, _, paper = synced(found=NOTES)

    assert paper.texts == NOTES
    assert "queue_found_gone" in said(caplog)


def test_another_resource_of_that_name_is_not_what_was_noted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    synced(document(2, uid="another"), found=NOTES)

    assert "queue_found_gone" in said(caplog)


def test_what_is_there_and_broken_keeps_its_note_and_its_queue(
    caplog: pytest.LogCaptureFixture,
) -> None:
    roll, register, paper = synced(document(2, metadata=BROKEN), found=NOTES)

    assert roll.get(KEY) is None, "it cannot be read"
    assert paper.texts == NOTES
    assert "queue_found_gone" not in said(caplog)
    register.remove(document(3, metadata=BROKEN))
    ((entry, gone),) = roll.call()
    assert (entry.charged, gone.queue) == (True, "shop")
