"""Performs both acts with real workers, looks at what was made, and reports.

Imported after the environment is set: the program reads its folder, its app reads Redis from there.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from subprocess import Popen

from giveway import clock
from giveway.cli.demo import channel_packages as program
from giveway.cli.demo import checks
from giveway.cli.demo import stage as stages
from giveway.cli.demo.audience import Audience
from giveway.cli.demo.checks import Check
from giveway.cli.demo.first_act import PACKAGE, WANTED_FIRST, FirstAct
from giveway.cli.demo.scene import Scene
from giveway.cli.demo.second_act import CHANNELS, SecondAct
from giveway.cli.demo.stage import Stage
from giveway.cli.demo.summary import Report, Waits
from giveway.cli.demo.watch import Watch
from giveway.cli.open_queue import open_queue
from giveway.cli.words import count
from giveway.core.record import Snapshot
from giveway.errors import GivewayError

PROCESSES = 2
_LOOK_SECONDS = 0.1
_LONGEST_SECONDS = 180.0


class Performance:
    """One run of the demo over so many channels."""

    def __init__(self, stage: Stage, audience: Audience, *, channels: int) -> None:
        self._stage, self._audience = stage, audience
        self._channels = range(1, channels + 1)

    def report(self, started: float) -> Report:
        """Plays everything and looks at the result. `started`: when the demo began."""
        watch, act, snapshot = self._first()
        without = self._second()
        found = [*self._archives(act), *self._others(watch, act, snapshot, without)]
        waits = watch.waits
        first, burst = waits[:WANTED_FIRST], waits[WANTED_FIRST:]
        return Report(
            seconds=clock.monotonic() - started,
            checks=found,
            waits=(
                Waits(f"{len(first)} while a batch of {len(self._channels)} ran", first),
                Waits(f"{len(burst)} at once, a little later", burst),
                Waits(
                    f"{len(without)} behind {len(CHANNELS)} packages, nothing gives way", without
                ),
            ),
            notes=(_gave_way(snapshot),),
        )

    def _first(self) -> tuple[Watch, FirstAct, Snapshot]:
        with open_queue("packaging", self._stage.redis_url) as opened:
            look = partial(opened.look, opened.commands.stats())
            watch = Watch(self._stage, channels=self._channels, snapshot=look)
            act = FirstAct(watch, channels=self._channels)
            act.prepare()
            with stages.worker(self._stage, processes=PROCESSES, preemption=True) as worker:
                self._play(act.play(), watch, worker, "1/3  a batch gives way for urgent packages")
            return watch, act, look()

    def _second(self) -> Sequence[float]:
        with open_queue("packaging", self._stage.redis_url) as opened:
            look = partial(opened.look, opened.commands.stats())
            watch = Watch(self._stage, channels=CHANNELS, snapshot=look)
            act = SecondAct(watch)
            act.prepare()
            with stages.worker(self._stage, processes=PROCESSES, preemption=False) as worker:
                self._play(act.play(), watch, worker, "2/3  the same, and nothing gives way")
                worker.kill()  # what it still holds is wanted by nobody
            return watch.waits

    def _play(self, story: Iterator[None], watch: Watch, worker: Popen[bytes], title: str) -> None:
        for _ in story:
            stages.make_sure_it_lives(worker, self._stage)
            self._audience.show(watch.look(title))
            if clock.monotonic() - watch.started > _LONGEST_SECONDS:
                raise GivewayError(f"the demo gave up after {_LONGEST_SECONDS:.0f} s in: {title}")
            clock.sleep(_LOOK_SECONDS)
        self._audience.show(watch.look(title))

    def _archives(self, act: FirstAct) -> list[Check]:
        channels = [*self._channels, *act.urgent_channels]
        return [
            *checks.archives(
                channels,
                path_of=lambda channel: program.package(PACKAGE, channel=channel),
                check=lambda channel: program.check(
                    program.package(PACKAGE, channel=channel), channel=channel
                ),
                progress=self._reader(len(channels)),
            )
        ]

    def _reader(self, total: int) -> Callable[[int], None]:
        started = clock.monotonic()

        def progress(done: int) -> None:
            if done % 5 == 0 or done == total:
                seconds = clock.monotonic() - started
                title = "3/3  opening every archive"
                self._audience.show(Scene(title, seconds, label="archives", done=done, total=total))

        return progress

    def _others(
        self, watch: Watch, act: FirstAct, snapshot: Snapshot, without: Sequence[float]
    ) -> Iterator[Check]:
        channels = [*self._channels, *act.urgent_channels]
        yield checks.executions(watch.stamped, channels=channels, in_hand=act.in_hand)
        yield checks.settled(act.unsettled(), snapshot)
        yield checks.overtaking(watch.waits, without=without, in_time=act.overtook)


def _gave_way(snapshot: Snapshot) -> str:
    times = sum(tier.counters.get("preempted", 0) for tier in snapshot.tiers)
    return f"Batches gave way {count(times, 'time')} in the first act, by Redis's own count."
