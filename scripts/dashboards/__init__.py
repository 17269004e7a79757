"""The Grafana dashboards, as code: `scripts/generate_dashboards.py` writes them into the chart.

Problem: dashboards drawn by hand name metrics that were renamed long ago, and their JSON cannot be
reviewed. Here a panel is a few lines, its description comes from the catalogue of metrics, and
tests evaluate every expression on a real Prometheus.

Model: `board` is the frame of every dashboard (variables, links, rows), `panels` makes a panel of a
kind, `lines` the queries in it; `overview`, `queue`, `workers` and `operator` say what is on each.

Invariants: a healthy, idle system shows no empty panel; depth and age are read from the
recorded series only (charts/giveway/rules/recording.yaml), because every worker and the operator
expose them; nothing here depends on how a cluster is called.

The classic schema, on purpose: docs/decisions/0101-dashboards-of-the-classic-schema.md.
"""
