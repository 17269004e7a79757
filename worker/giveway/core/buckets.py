"""The bounds of the histograms: what a wait and a run are sorted by, in seconds.

One list each, for everybody who counts or shows them: metrics, heartbeats, `giveway top`. The last
bound of a list is infinite, so that it has as many counts as bounds.
"""

from math import inf

WAIT_BUCKETS = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
    300.0,
    1800.0,
    inf,
)
"""From ready to claimed. Fine below a tenth of a second, where preemption is judged."""

RUN_BUCKETS = (
    0.0001,
    0.001,
    0.005,
    0.01,
    0.05,
    0.1,
    0.5,
    1.0,
    5.0,
    10.0,
    30.0,
    60.0,
    300.0,
    900.0,
    3600.0,
    inf,
)
"""User code of one run. Coarser, because there is one histogram for each task name."""
