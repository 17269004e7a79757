"""The demo as lines of a log: every event once, and how far the batch is every few seconds."""

from types import TracebackType

from giveway.cli.demo.scene import Event, Scene

_EVERY_SECONDS = 2.0


class Plain:
    """Prints what is new in each scene; for a pipe, a file, a CI job."""

    def __init__(self) -> None:
        self._act = ""
        self._told = 0
        self._progress_at = 0.0

    def __enter__(self) -> "Plain":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to put back."""

    def show(self, scene: Scene) -> None:
        if scene.act != self._act:
            self._act, self._told, self._progress_at = scene.act, 0, scene.seconds
            print(f"-- {scene.act}", flush=True)
        for event in scene.events[self._told :]:
            print(_line(event), flush=True)
        self._told = len(scene.events)
        if scene.label and scene.seconds - self._progress_at >= _EVERY_SECONDS:
            self._progress_at = scene.seconds
            print(_progress(scene), flush=True)


def _line(event: Event) -> str:
    process = f" [{event.pid}]" if event.pid else ""
    return f"{event.seconds:6.2f}  {event.text}{process}"


def _progress(scene: Scene) -> str:
    waiting = ", ".join(f"{tier.name} {tier.depth}" for tier in scene.tiers)
    line = f"{scene.seconds:6.2f}  {scene.done} of {scene.total} {scene.label}"
    return f"{line}; waiting: {waiting}" if waiting else line
