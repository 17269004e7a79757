"""A watch falls silent, with the settings that people have: another one within 70 s."""

from pathlib import Path

import pytest

from giveway_operator.settings import OperatorSettings
from tests.cluster.proxy import ApiProxy
from tests.reconcile.conftest import StartOperator
from tests.reconcile.faults.silenced import silenced
from tests.reconcile.scene import Scene


@pytest.mark.timeout(300)
def test_a_watch_that_falls_silent_is_begun_anew_within_seventy_seconds(
    scene: Scene, api_proxy: ApiProxy, run_operator: StartOperator, tmp_path: Path
) -> None:
    silenced(
        scene,
        api_proxy,
        run_operator,
        tmp_path / "through-the-proxy",
        watch_seconds=OperatorSettings.model_fields["watch_seconds"].default,
        given_up_seconds=70,
    )
