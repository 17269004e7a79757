"""What of the chart is written by `scripts/generate_chart.py`, and from what.

`values` reads values.yaml with its comments, `schema` and `readme` make values.schema.json and the
README's table from that, `definitions` are the forms that values have in common, `copies` is what
the operator's own sources say and Helm, which reads nothing outside of a chart, must have inside.
"""
