"""A story as a picture: what each pod did, how many there were, what was left, and a close look."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.kubernetes.story.lanes import (
    BATCHES,
    IDLE,
    LEAVING,
    STARTING,
    THICK,
    URGENT,
    blocks,
    colour_of,
    draw_bar,
    explain,
    name_lanes,
)
from tests.kubernetes.story.timeline import Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(timeline: Timeline, *, path: Path) -> Path:
    """A PNG; where it lies."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "font.size": 9})
    figure, (lanes, pods, left, close) = pyplot.subplots(
        4, 1, figsize=(11, 10.5), height_ratios=(2.6, 1.3, 1.3, 2.6), layout="constrained"
    )
    for axes in (pods, left):
        axes.sharex(lanes)
    _draw_lanes(lanes, timeline)
    _draw_pods(pods, timeline)
    _draw_left(left, timeline)
    _draw_close(close, timeline)
    lanes.set_xlim(0, timeline.samples[-1].at - timeline.began_at)
    for axes in (lanes, pods):
        axes.tick_params(labelbottom=False)
    left.set_xlabel("seconds since the flood")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path


def _draw_lanes(axes: "Axes", timeline: Timeline) -> None:
    """One lane for each pod: from asked for to gone, and what it worked at."""
    for lane, pod in enumerate(timeline.pods):
        for state, colour in (("present", STARTING), ("ready", IDLE), ("leaving", LEAVING)):
            if span := timeline.seen(pod, state):
                draw_bar(axes, timeline, lane=lane, span=span, colour=colour)
        for span, colour in blocks(timeline.of(pod)):
            draw_bar(axes, timeline, lane=lane, span=span, colour=colour)
    for call in timeline.calls:
        lane = timeline.pods.index(timeline.answer(call).pod)
        axes.plot(call.at - timeline.began_at, lane - 0.42, marker="v", color=URGENT, clip_on=False)
    name_lanes(axes, timeline.pods)
    explain(axes)
    axes.set_title("What each pod did (▼ an urgent task)", loc="left")


def _draw_pods(axes: "Axes", timeline: Timeline) -> None:
    at = [each.at - timeline.began_at for each in timeline.samples]
    series: Sequence[tuple[str, list[int], str, str]] = (
        ("the law wants", [each.desired for each in timeline.samples], "#CC79A7", "-"),
        ("asked for", [each.replicas for each in timeline.samples], "#000000", "--"),
        ("ready", [len(each.ready) for each in timeline.samples], BATCHES[2], "-"),
    )
    for label, values, colour, style in series:
        axes.step(at, values, where="post", label=label, color=colour, linestyle=style)
    axes.set_ylim(0, max(len(timeline.pods), 1) + 0.4)
    axes.set_yticks(range(len(timeline.pods) + 1))
    axes.set_ylabel("pods")
    axes.legend(loc="upper right", frameon=False, ncols=3)


def _draw_left(axes: "Axes", timeline: Timeline) -> None:
    ended = sorted(each.ended_at or 0 for each in timeline.work if each.is_item)
    at = [0.0, *(each - timeline.began_at for each in ended)]
    left = [timeline.items - done for done in range(len(at))]
    axes.fill_between(at, left, step="post", color=BATCHES[1], alpha=0.35, label="items left")
    axes.set_ylabel("items left")
    waiting = axes.twinx()
    looked = [each.at - timeline.began_at for each in timeline.samples]
    depth = [each.waiting for each in timeline.samples]
    waiting.step(looked, depth, where="post", color="#000000", label="tasks waiting")
    waiting.set_ylabel("tasks waiting")
    waiting.set_ylim(0, max(*depth, 1) + 0.4)
    waiting.spines["right"].set_visible(True)
    handles = [axes.get_legend_handles_labels(), waiting.get_legend_handles_labels()]
    axes.legend(
        [*handles[0][0], *handles[1][0]], [*handles[0][1], *handles[1][1]],
        loc="upper right", frameon=False, ncols=2,
    )  # fmt: skip


def _draw_close(axes: "Axes", timeline: Timeline) -> None:
    """The calls from near: single items, and between which of them each was answered."""
    first, last = timeline.calls[0].at - 0.15, timeline.answer(timeline.calls[-1]).ended_at
    assert last is not None
    near = [each for each in timeline.work if (each.ended_at or 0) > first]
    for lane, pod in enumerate(timeline.pods):
        for each in near:
            if each.pod == pod and each.began_at < last + 0.15:
                span = (each.began_at, each.ended_at or last)
                draw_bar(axes, timeline, lane=lane, span=span, colour=colour_of(each), edge="white")
    for still in timeline.stills:
        since, until = still.since - timeline.began_at, still.until - timeline.began_at
        axes.axvspan(since, until, color="#DDDDDD", zorder=0, linewidth=0)
    for call in timeline.calls:
        _draw_wait(axes, timeline, call.number - 1)
    name_lanes(axes, timeline.pods)
    axes.set_xlim(first - timeline.began_at, last + 0.15 - timeline.began_at)
    axes.set_xlabel("seconds since the flood")
    axes.set_title(
        "The urgent tasks from near: each block is one item, the dashed line is the call; "
        "grey: Redis answered nobody",
        loc="left",
    )


def _draw_wait(axes: "Axes", timeline: Timeline, index: int) -> None:
    call = timeline.calls[index]
    answer, at = timeline.answer(call), call.at - timeline.began_at
    lane = timeline.pods.index(answer.pod)
    axes.axvline(at, color=URGENT, linestyle="--", linewidth=1)
    axes.annotate(
        f"urgent {call.number}: {timeline.wait_seconds(call) * 1000:.0f} ms",
        (answer.began_at - timeline.began_at, lane - THICK / 2),
        xytext=(2, 3), textcoords="offset points", color=URGENT, fontweight="bold",
    )  # fmt: skip
