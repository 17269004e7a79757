"""Queries: what is asked of Prometheus, and what a series is called.

The selections follow the variables of `board`. Series of workers and recorded ones have `queue`;
those of the operator have the `name` of the resource, and are chosen by their namespace.
"""

from dataclasses import dataclass

from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")

IN_NAMESPACE = 'namespace=~"$namespace"'
OF_QUEUE = IN_NAMESPACE + ', queue=~"$queue"'
OF_TIER = OF_QUEUE + ', tier=~"$tier"'

ROW = "namespace, queue, tier"  # of a table
REFS = "ABCDEFGHIJKLMNOP"


@dataclass(frozen=True, slots=True)
class Line:
    """One query. `called`: the legend, in Grafana's way; "" names the series by its labels."""

    expr: str
    called: str = ""


def or_zero(expr: str) -> str:
    """`expr`, or a single zero where nothing of the kind has ever happened."""
    return f"({expr}) or on () vector(0)"


def over_time(lines: tuple[Line, ...]) -> list[Dataquery]:
    """For panels that draw a course."""
    return [
        _query(line, ref).range().format(PromQueryFormat.TIME_SERIES)
        for line, ref in zip(lines, REFS, strict=False)
    ]


def now(lines: tuple[Line, ...]) -> list[Dataquery]:
    """For panels that show a number."""
    return [_query(line, ref).instant() for line, ref in zip(lines, REFS, strict=False)]


def in_a_table(lines: tuple[Line, ...]) -> list[Dataquery]:
    """One column each; `called` names the column, see `panels.table`.

    Without the names of series, which would be a column too: then no two rows could be merged.
    """
    bare = tuple(Line(f"max by ({ROW}) ({line.expr})", line.called) for line in lines)
    return [query.format(PromQueryFormat.TABLE) for query in now(bare)]


def as_heat(line: Line) -> list[Dataquery]:
    """Buckets of a histogram."""
    return [_query(line, "A").range().format(PromQueryFormat.HEATMAP)]


def _query(line: Line, ref: str) -> Dataquery:
    query = Dataquery().expr(line.expr).ref_id(ref).datasource(SOURCE)
    return query.legend_format(line.called or "__auto")
