"""Panels of five kinds, all alike: a title that is a question's answer, a unit, a description.

`about` is a metric of the catalogue, whose help and question become the description, or a text.
`steps` are the bounds from which on a value is yellow or red. `runbook`: an alert of
docs/operations.md that the panel links to.
"""

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    heatmap,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models import common as words
from grafana_foundation_sdk.models import dashboard as model

from giveway.telemetry.metric import Metric
from scripts.dashboards.lines import REFS, SOURCE, Line, as_heat, in_a_table, now, over_time

RUNBOOKS = "https://giveway.dev/docs/operations"
PER_SECOND = "suffix: /s"

Steps = tuple[tuple[float, str], ...]
BAD_FROM_ONE: Steps = ((1, "red"),)
PROMISE: Steps = ((0.5, "yellow"), (0.8, "orange"), (1, "red"))  # of what was promised


def described(about: Metric | str) -> str:
    return about if isinstance(about, str) else f"{about.help}\n\n*{about.answers}*"


def thresholds(steps: Steps) -> dashboard.ThresholdsConfig:
    first = model.Threshold(value=None, color="green")
    rest = [model.Threshold(value=value, color=color) for value, color in steps]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps([first, *rest])


def runbook_link(alert: str) -> list[dashboard.DashboardLink]:
    url = f"{RUNBOOKS}#{alert.lower()}"
    link = dashboard.DashboardLink(f"Runbook: {alert}").type(model.DashboardLinkType.LINK)
    return [link.url(url).target_blank(True)]


def number(
    title: str,
    expr: str,
    *,
    about: Metric | str,
    unit: str = "short",
    steps: Steps = (),
    empty: str = "0",
    runbook: str = "",
    texts: dict[str, tuple[str, str]] | None = None,
    width: int = 4,
) -> stat.Panel:
    """One value of now. `texts`: what to say instead of a number, and its colour."""
    panel = stat.Panel().title(title).description(described(about)).datasource(SOURCE)
    panel.targets(list(now((Line(expr),)))).unit(unit).no_value(empty).thresholds(thresholds(steps))
    reduced = common.ReduceDataOptions().calcs(["lastNotNull"])
    panel.reduce_options(reduced).graph_mode(words.BigValueGraphMode.NONE)
    panel.color_mode(words.BigValueColorMode.BACKGROUND if steps else words.BigValueColorMode.NONE)
    if texts:
        panel.mappings(mapped(texts))
    if runbook:
        panel.links(list(runbook_link(runbook)))
    return panel.height(4).span(width)


def course(
    title: str,
    *lines: Line,
    about: Metric | str,
    unit: str = "short",
    steps: Steps = (),
    empty: str = "nothing yet",
    runbook: str = "",
    stacked: bool = False,
    dashed: str = "",
    width: int = 12,
) -> timeseries.Panel:
    """Values over time. `dashed`: series whose name matches are promises, not measurements."""
    panel = timeseries.Panel().title(title).description(described(about)).datasource(SOURCE)
    panel.targets(list(over_time(lines))).unit(unit).no_value(empty).min(0)
    panel.line_width(2 if not stacked else 1).fill_opacity(30 if stacked else 8)
    panel.show_points(words.VisibilityMode.NEVER).span_nulls(False)
    panel.legend(_legend()).tooltip(_tooltip())
    if stacked:
        panel.stacking(common.StackingConfig().mode(words.StackingMode.NORMAL))
    if steps:
        panel.thresholds(thresholds(steps))
        style = common.GraphThresholdsStyleConfig().mode(words.GraphThresholdsStyleMode.DASHED)
        panel.thresholds_style(style)
    if dashed:
        panel.override_by_regexp(dashed, _dashed())
    if runbook:
        panel.links(list(runbook_link(runbook)))
    return panel.height(8).span(width)


def timeline(
    title: str,
    *lines: Line,
    about: Metric | str,
    texts: dict[str, tuple[str, str]],
    empty: str = "nothing yet",
    runbook: str = "",
    width: int = 12,
    height: int = 8,
) -> statetimeline.Panel:
    """States over time, a row each."""
    panel = statetimeline.Panel().title(title).description(described(about)).datasource(SOURCE)
    panel.targets(list(over_time(lines))).mappings(mapped(texts)).no_value(empty)
    panel.merge_values(True).show_value(words.VisibilityMode.NEVER).row_height(0.8)
    if runbook:
        panel.links(list(runbook_link(runbook)))
    return panel.legend(_legend()).height(height).span(width)


def heat(title: str, line: Line, *, about: Metric | str, width: int = 12) -> heatmap.Panel:
    """How the buckets of a histogram fill."""
    panel = heatmap.Panel().title(title).description(described(about)).datasource(SOURCE)
    panel.targets(list(as_heat(line))).calculate(False).no_value("nothing yet")
    panel.y_axis(heatmap.YAxisConfig().unit("s"))
    return panel.height(8).span(width)


def table(
    title: str,
    *columns: tuple[Line, str],
    about: str,
    steps: dict[str, Steps],
    link: str,
    height: int = 9,
) -> tables.Panel:
    """Values of now, a row for each namespace, queue and tier. A column: its query and its unit.

    `steps`: colours of a column, by its name. `link`: where a click on a queue leads.
    """
    lines = tuple(line for line, _ in columns)
    panel = tables.Panel().title(title).description(about).datasource(SOURCE)
    panel.targets(list(in_a_table(lines))).no_value("-").filterable(True)
    names = {f"Value #{ref}": line.called for ref, line in zip(REFS, lines, strict=False)}
    panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    organized = {"excludeByName": {"Time": True}, "renameByName": names, "indexByName": {}}
    panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=organized))
    for line, unit in columns:
        panel.override_by_name(line.called, _column(unit, steps.get(line.called, ())))
    opened = {"title": "This queue alone", "url": link}
    panel.override_by_name("queue", [model.DynamicConfigValue(id_val="links", value=[opened])])
    return panel.height(height).span(24)


def mapped(texts: dict[str, tuple[str, str]]) -> list[model.ValueMapping]:
    results = {
        value: model.ValueMappingResult(text=text, color=color, index=index)
        for index, (value, (text, color)) in enumerate(texts.items())
    }
    return [model.ValueMap(options=results)]


def _column(unit: str, steps: Steps) -> list[model.DynamicConfigValue]:
    properties = [model.DynamicConfigValue(id_val="unit", value=unit)]
    if steps:
        cell = {"type": "color-background", "mode": "gradient"}
        properties.append(
            model.DynamicConfigValue(id_val="thresholds", value=thresholds(steps).build())
        )
        properties.append(model.DynamicConfigValue(id_val="custom.cellOptions", value=cell))
    return properties


def _dashed() -> list[model.DynamicConfigValue]:
    style = {"fill": "dash", "dash": [8, 8]}
    return [
        model.DynamicConfigValue(id_val="custom.lineStyle", value=style),
        model.DynamicConfigValue(id_val="custom.fillOpacity", value=0),
    ]


def _legend() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().display_mode(words.LegendDisplayMode.LIST)
    return legend.placement(words.LegendPlacement.BOTTOM).show_legend(True)


def _tooltip() -> common.VizTooltipOptions:
    tooltip = common.VizTooltipOptions().mode(words.TooltipDisplayMode.MULTI)
    return tooltip.sort(words.SortOrder.DESCENDING)
