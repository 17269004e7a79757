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
    """Pods and waiting tasks over time, one line for each policy."""
    pyplot = load_matplotlib()
    figure, (pods, waiting) = pyplot.subplots(
        2, 1, figsize=(9, 5), sharex=True, height_ratios=(2, 1), layout="constrained"
    )
    unit, divisor = _unit(max(run.measures.ended_at for run in runs))
    _shade(pods, trace, divisor)
    for run in runs:
        _lines(pods, waiting, run, divisor)
    pods.set_ylabel("pods")
    pods.set_ylim(bottom=0)
    pods.legend(loc="upper left", ncols=3)
    waiting.set_yscale("symlog", linthresh=1)
    waiting.set_ylim(bottom=0)
    waiting.set_ylabel("tasks waiting")
    waiting.set_xlabel(unit)
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


def _shade(axes: "Axes", trace: Trace, divisor: float) -> None:
    points = offered(trace)
    axes.fill_between(
        [at / divisor for at, _ in points],
        [slots for _, slots in points],
        step="post",
        color="#000000",
        alpha=0.12,
        linewidth=0,
        label="work offered (slots)",
    )


def _lines(pods: "Axes", waiting: "Axes", run: Run, divisor: float) -> None:
    name = run.measures.policy
    label = f"{name}: {run.measures.pod_hours:.1f} pod-hours, {run.measures.kept:.1%} in time"
    colour = COLOURS.get(name, "#000000")
    at = [sample.at / divisor for sample in run.samples]
    style: dict[str, Any] = {"color": colour, "linewidth": 1.8 if name == "giveway" else 1.1}
    pods.step(at, [sample.alive for sample in run.samples], where="post", label=label, **style)
    waiting.step(at, [sum(sample.waiting) for sample in run.samples], where="post", **style)


def _unit(seconds: float) -> tuple[str, float]:
    return ("hours", 3600.0) if seconds >= 7200 else ("minutes", 60.0)
