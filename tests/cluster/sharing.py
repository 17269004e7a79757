"""The cluster that a test run uses: the one that it is given, else one of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.context import cluster_of_context
from tests.cluster.keeper import shared
from tests.cluster.programs import given_context


@contextmanager
def cluster_in_use(folder: Path, *, controlled: bool) -> Iterator[Cluster]:
    """Until the end of the block. A given cluster has its controllers whatever is asked."""
    context = given_context()
    if context:
        with cluster_of_context(context, folder) as given:
            yield given
    else:
        with shared(folder, controlled=controlled) as own:
            yield own
