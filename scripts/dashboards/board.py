"""The frame of every dashboard: its variables, its links to the others, its rows.

Variables are chained: namespaces that have queues, their queues, their tiers. *All* is `.*` and not
a list of names, so that series without a namespace (workers outside of Kubernetes) count as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from scripts.dashboards.lines import IN_NAMESPACE, OF_QUEUE, SOURCE
from scripts.dashboards.panels import RUNBOOKS

TAG = "giveway"
_TIERS = "namespace_queue_tier:giveway_queue_depth:max"
_QUERIES = {
    "namespace": ("Namespace", f"label_values({_TIERS}, namespace)"),
    "queue": ("Queue", f"label_values({_TIERS}{{{IN_NAMESPACE}}}, queue)"),
    "tier": ("Tier", f"label_values({_TIERS}{{{OF_QUEUE}}}, tier)"),
}

Panel = Builder[model.Panel]


@dataclass(frozen=True, slots=True)
class Row:
    """A heading and what stands below it."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard. `file`: its name in the chart; `variables`: of namespace, queue and tier."""

    file: str
    title: str
    about: str
    rows: Sequence[Row]
    variables: Sequence[str] = ("namespace", "queue", "tier")

    @property
    def uid(self) -> str:
        return f"giveway-{self.file}"

    def build(self) -> model.Dashboard:
        """As Grafana takes it, with panels numbered from one."""
        made = dashboard.Dashboard(f"Giveway / {self.title}").uid(self.uid).tags([TAG])
        made.description(self.about).readonly().refresh("30s").time("now-1h", "now")
        made.timezone("browser").tooltip(model.DashboardCursorSync.CROSSHAIR)
        made.links(_links()).variables([_source(), *map(_variable, self.variables)])
        for row in self.rows:
            made.with_row(dashboard.Row(row.title))
            for panel in row.panels:
                made.with_panel(panel)
        built = made.build()
        for number, one in enumerate(built.panels or (), start=1):
            one.id_val = number
        for link in built.links or ():
            link.placement = None  # type: ignore[assignment]  # else it hides in a menu
        return built


def _source() -> Builder[model.VariableModel]:
    variable = dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
    return variable.current(model.VariableOption(selected=True, text="default", value="default"))


def _variable(name: str) -> Builder[model.VariableModel]:
    label, query = _QUERIES[name]
    variable = dashboard.QueryVariable(name).label(label).datasource(SOURCE)
    variable.query({"query": query, "refId": f"Giveway-{name}"}).definition(query)
    variable.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
    variable.sort(model.VariableSort.ALPHABETICAL_ASC).multi(True).include_all(True).all_value(".*")
    return variable.current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))


def _links() -> list[Builder[model.DashboardLink]]:
    others = dashboard.DashboardLink("Giveway").type(model.DashboardLinkType.DASHBOARDS)
    others.tags([TAG]).include_vars(True).keep_time(True)
    runbook = dashboard.DashboardLink("Runbook").type(model.DashboardLinkType.LINK)
    runbook.url(f"{RUNBOOKS}#alerts").icon("doc").target_blank(True)
    return [others, runbook]
