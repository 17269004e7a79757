"""One lane for each pod: the bars in it, their colours, and what these mean.

Colours are those of Okabe & Ito, which people who see colours differently can tell apart.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from tests.kubernetes.story.journal import Stretch
from tests.kubernetes.story.timeline import Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BATCHES = ("#0072B2", "#56B4E9", "#009E73", "#E69F00")
URGENT, LEAVING, STARTING, IDLE = "#D55E00", "#BBBBBB", "#F5E9A8", "#E9EEF2"
THICK = 0.62


def blocks(work: Sequence[Stretch]) -> Iterator[tuple[tuple[float, float], str]]:
    """Items of one batch that follow each other are one block."""
    for _, group in groupby(work, key=lambda each: each.work):
        found = list(group)
        yield (found[0].began_at, found[-1].ended_at or found[-1].began_at), colour_of(found[0])


def draw_bar(
    axes: "Axes",
    timeline: Timeline,
    *,
    lane: int,
    span: tuple[float, float],
    colour: str,
    edge: str = "none",
) -> None:
    left, width = span[0] - timeline.began_at, span[1] - span[0]
    axes.barh(lane, width, left=left, height=THICK, color=colour, edgecolor=edge, linewidth=0.4)


def colour_of(work: Stretch) -> str:
    if work.is_item:
        return BATCHES[(int(work.work.removeprefix("batch ")) - 1) % len(BATCHES)]
    return URGENT


def name_lanes(axes: "Axes", pods: Sequence[str]) -> None:
    axes.set_yticks(range(len(pods)), [f"pod …{pod[-5:]}" for pod in pods])
    axes.set_ylim(len(pods) - 0.5, -0.7)


def explain(axes: "Axes") -> None:
    from matplotlib.patches import Patch

    meaning = {f"batch {number}": colour for number, colour in enumerate(BATCHES, start=1)}
    meaning |= {"urgent": URGENT, "starting": STARTING, "idle": IDLE, "leaving": LEAVING}
    patches = [Patch(color=colour, label=label) for label, colour in meaning.items()]
    axes.legend(
        handles=patches, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(patches),
        frameon=False, columnspacing=1, handlelength=1.2,
    )  # fmt: skip
