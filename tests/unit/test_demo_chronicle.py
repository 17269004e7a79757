"""Who gave way for whom, made out from journal lines."""

from giveway.cli.demo.chronicle import Chronicle, Order
from giveway.cli.demo.journal import Entry
from giveway.cli.demo.scene import Event, Kind, Slot
from giveway.core.task import TaskId

BATCH, URGENT, ANOTHER = TaskId("batch"), TaskId("urgent"), TaskId("another")


class Story:
    """Journal lines, a second apart, read as they are written."""

    def __init__(self, *, last: int = 100) -> None:
        self.chronicle = Chronicle(started=0.0)
        self.chronicle.ordered(BATCH, Order("build_all", ordered_at=0.0, last=last))
        self.chronicle.ordered(URGENT, Order("build_one", ordered_at=0.5, urgent=True))
        self.chronicle.ordered(ANOTHER, Order("build_one", ordered_at=0.5, urgent=True))
        self._now = 0.0

    def reads(self, task: TaskId, channel: int, *, pid: int = 7) -> Event | None:
        self._now += 1.0
        return self.chronicle.read(Entry(self._now, pid, "stamp", channel, task))


def test_the_items_of_a_batch_are_no_news() -> None:
    story = Story()
    assert [story.reads(BATCH, channel) for channel in (1, 2, 3)] == [None, None, None]
    assert story.chronicle.slots([]) == (Slot(7, "build_all, package 3"),)


def test_an_urgent_package_in_the_process_of_an_open_batch_means_that_it_gave_way() -> None:
    story = Story()
    story.reads(BATCH, 1)
    event = story.reads(URGENT, 901)
    assert event == Event(
        2.0, Kind.GAVE_WAY, "build_one 901 starts after 1.5 s: build_all gives way", 7
    )
    assert story.chronicle.slots([]) == (
        Slot(7, "build_one, package 901", urgent=True, suspended="build_all, package 1"),
    )


def test_a_batch_gives_way_once_for_a_row_of_urgent_packages_and_goes_on_once() -> None:
    story = Story()
    story.reads(BATCH, 1)
    kinds = [story.reads(URGENT, 901), story.reads(ANOTHER, 902), story.reads(BATCH, 2)]
    assert [event and event.kind for event in kinds] == [Kind.GAVE_WAY, Kind.NEXT, Kind.GOES_ON]


def test_a_batch_after_its_last_package_has_nothing_to_give_way_with() -> None:
    story = Story(last=1)
    story.reads(BATCH, 1)
    event = story.reads(URGENT, 901)
    assert event is not None
    assert (event.kind, event.text) == (
        Kind.NEXT,
        "build_one 901 starts after 1.5 s, when build_all is done",
    )


def test_an_urgent_package_on_an_idle_process_stops_nobody() -> None:
    story = Story()
    story.reads(BATCH, 1)
    event = story.reads(URGENT, 901, pid=8)
    assert event is not None
    assert event.kind is Kind.NEXT


def test_a_killed_process_is_gone_and_its_batch_goes_on_in_another() -> None:
    story = Story()
    story.reads(BATCH, 1)
    story.chronicle.killed(7)
    assert story.chronicle.slots([]) == ()
    assert story.chronicle.on_top(BATCH) is None
    event = story.reads(BATCH, 1, pid=8)
    assert event is not None
    assert event.text == "build_all goes on with package 1 in another process"


def test_what_is_finished_leaves_its_slot_idle() -> None:
    story = Story()
    story.reads(URGENT, 901)
    assert story.chronicle.slots([URGENT]) == (Slot(7, "idle"),)


def test_the_wait_ends_with_the_first_line_of_a_task() -> None:
    story = Story()
    story.reads(URGENT, 901)
    story.reads(URGENT, 901)  # again, after a crash
    assert story.chronicle.orders[URGENT].waited == 0.5


def test_lines_of_other_orders_are_not_its_business() -> None:
    assert Story().reads(TaskId("somebody-else"), 1) is None
