"""The real scripts on a real server do what the model says, whatever comes in which order.

Quick by default. `GIVEWAY_PROPERTY=long` runs the long form, which also demands that every outcome
was reached. A failure prints its steps as a program and its seed; docs/testing.md says how to run
that again.
"""

import os

from tests.property.coverage import Coverage
from tests.property.session import profile, run

LONG = os.environ.get("GIVEWAY_PROPERTY") == "long"
EXAMPLES = int(os.environ.get("GIVEWAY_PROPERTY_EXAMPLES", "1500" if LONG else "150"))
SHRINK = os.environ.get("GIVEWAY_PROPERTY_SHRINK", "1") == "1"


def test_every_step_does_what_the_model_says(redis_url: str) -> None:
    coverage = Coverage()
    try:
        run(
            redis_url,
            profile=profile(examples=EXAMPLES, steps=50, shrink=SHRINK),
            coverage=coverage,
        )
    finally:
        print(f"\n{coverage.table()}")
    if LONG:
        assert not coverage.missing(), f"never reached: {coverage.missing()}"
