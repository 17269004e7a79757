"""The cluster that a test run uses: one of its own, or the one that it is given.

A given one has controllers, so it stands in for the server with controllers. The one without is a
server of our own wherever that can be had: a test that plays the controllers would fight real ones.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.components import API_SERVER
from tests.cluster.context import cluster_of_context
from tests.cluster.keeper import shared
from tests.cluster.programs import given_context, unavailable


@contextmanager
def cluster_in_use(folder: Path, *, controlled: bool) -> Iterator[Cluster]:
    """Until the end of the block."""
    context = given_context()
    if context and (controlled or unavailable(API_SERVER)):
        with cluster_of_context(context, folder) as given:
            yield given
    else:
        with shared(folder, controlled=controlled) as own:
            yield own
