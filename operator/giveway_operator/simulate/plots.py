"""Pictures of simulations, as PNG files. matplotlib is in the extra `simulate`.

Colours are those of Okabe & Ito, which people who see colours differently can tell apart.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from giveway.errors import GivewayError
from giveway_operator.simulate.comparison import Run, offered
from giveway_operator.simulate.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "giveway": "#0072B2",
    "keda": "#E69F00",
    "hpa": "#009E73",
    "kpa": "#CC79A7",
    "fixed": "#7F7F7F",
}
_DOTS_PER_INCH = 90


def load_matplotlib() -> Any:
    """`matplotlib.pyplot` on a canvas that needs no screen; `GivewayError` if it is missing."""
    try:
        import matplotlib as mpl
    except ImportError:
        raise GivewayError(
            "a picture needs matplotlib: pip install 'giveway[simulate]', or leave --plot out"
        ) from None
    mpl.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update(
        {
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.25,
            "font.size": 9,
            "legend.frameon": False,
        }
    )
    return pyplot


def draw(path: Path, runs: Sequence[Run], trace: Trace, *, title: str) -> None:
    """Pods over time, one panel for each policy on one scale, with the offered work behind them."""
    pyplot = load_matplotlib()
    figure, panels = pyplot.subplots(
        len(runs),
        1,
        figsize=(8.5, 0.6 + 1.25 * len(runs)),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    unit, divisor = _unit(max(run.measures.ended_at for run in runs))
    ground = offered(trace)
    for axes, run in zip(panels[:, 0], runs, strict=True):
        _panel(axes, run, ground, divisor)
    panels[0, 0].set_ylim(bottom=0)
    panels[-1, 0].set_xlabel(f"{unit}; grey: slots that the arrivals of each moment need")
    figure.suptitle(title)
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Writes a figure without anything that changes from run to run, and lets go of it."""
    from matplotlib import pyplot

    try:
        figure.savefig(path, dpi=_DOTS_PER_INCH, metadata={"Software": None})
    except (OSError, ValueError) as error:
        raise GivewayError(f"--plot {path} cannot be written: {error}") from None
    finally:
        pyplot.close(figure)


def _panel(axes: "Axes", run: Run, ground: Sequence[tuple[float, float]], divisor: float) -> None:
    measures = run.measures
    colour = COLOURS.get(measures.policy, "#000000")
    axes.fill_between(
        [at / divisor for at, _ in ground],
        [slots for _, slots in ground],
        step="post",
        color="#000000",
        alpha=0.15,
        linewidth=0,
    )
    at = [sample.at / divisor for sample in run.samples]
    axes.step(at, [sample.alive for sample in run.samples], where="post", color=colour)
    axes.set_ylabel("pods")
    axes.set_title(
        f"{measures.policy}: {measures.pod_hours:.1f} pod-hours, {measures.kept:.1%} in time",
        loc="left",
        color=colour,
        fontsize=9,
    )


def _unit(seconds: float) -> tuple[str, float]:
    return ("hours", 3600.0) if seconds >= 7200 else ("minutes", 60.0)
