"""The trial's server: what stands in its files is run by a real server, under its own user."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from giveway.testing.server import _program
from tests.chart.examples import example
from tests.chart.helm import NAMESPACE, ROOT, Helm, Object, container, variables
from tests.cluster.process import Process
from tests.integration.store.users import documented
from tests.integration.worker.scrape import free_port
from tests.integration.worker.waiting import until

PASSWORD = 'it\'s a secret $HOME "with" blanks'  # whatever somebody may have chosen
NAME = "giveway-valkey"
QUEUE = {
    "tiers": [{"name": "high", "sloSeconds": 1}],
    "worker": {"scaleTargetRef": {"name": "web"}},
}


class Trial:
    """A server that was started as the container would be, in a folder instead of a container."""

    def __init__(self, files: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        places = {"/etc/valkey": folder / "etc", "/run/valkey": folder / "run", "/data": folder}
        for ours in places.values():
            ours.mkdir(exist_ok=True)
        for name, text in files.items():
            file = folder / "etc" / name
            file.write_text(_moved(text, places).replace("port 6379", f"port {self.port}"))
        self.users = folder / "run" / "users.acl"
        script: list[str | Path] = [
            "env",
            f"VALKEY_PASSWORD={PASSWORD}",
            "sh",
            folder / "etc" / "start.sh",
        ]
        self.process = Process(script, log=folder / "log")
        until(lambda: not self.process.running or self._answers(), what="the server to answer")
        assert self.process.running, self.process.last_words

    def client(self, user: str | None = "giveway", password: str | None = PASSWORD) -> Any:
        return redis.Redis(port=self.port, username=user, password=password, decode_responses=True)

    def url(self, scheme: str = "redis") -> str:
        return f"{scheme}://giveway@127.0.0.1:{self.port}/0"

    def _answers(self) -> bool:
        with closing(self.client()) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False


def _moved(text: str, places: dict[str, Path]) -> str:
    for place, ours in places.items():
        text = text.replace(place, str(ours))
    return text


@pytest.fixture
def trial(helm: Helm, tmp_path: Path) -> Iterator[Trial]:
    values = {"valkey": {"enabled": True, "command": _program()}}
    running = Trial(helm.render(values).one("ConfigMap", NAME)["data"], tmp_path)
    yield running
    running.process.stop()


def refused() -> Any:
    return pytest.raises(redis.AuthenticationError)


def test_nobody_gets_in_without_the_password(trial: Trial) -> None:
    for user, password in ((None, None), ("giveway", "wrong"), ("default", PASSWORD)):
        with closing(trial.client(user, password)) as client, refused():
            client.ping()


def test_the_password_is_not_written_down(trial: Trial) -> None:
    assert PASSWORD not in trial.users.read_text()


def test_its_user_may_what_everybody_of_the_documents_may_and_no_more(trial: Trial) -> None:
    with closing(trial.client()) as client:
        for user in documented().values():
            for word in (each for each in user if each.startswith("+")):
                assert word in trial.users.read_text()
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        client.set("giveway:{shop}:x", "1")
        for words in (("SET", "other", "1"), ("FLUSHALL",), ("KEYS", "*"), ("ACL", "LIST")):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*words)


def test_the_doctor_finds_nothing_to_change(trial: Trial, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    done = subprocess.run(
        [".venv/bin/giveway", "doctor", "--queue", "shop", "--redis-url", trial.url(), "--json"],
        cwd=ROOT,
        env={"GIVEWAY_REDIS_PASSWORD_FILE": str(secret), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_configured_as_the_operations_page_says(helm: Helm) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    (asked,) = re.findall(r"## Redis\n.*?```\n(.*?)```", page, re.DOTALL)
    config = example(helm, "trial-valkey").one("ConfigMap", NAME)["data"]["valkey.conf"]
    for line in asked.splitlines():
        assert line in config.splitlines()


def test_the_url_and_the_password_are_made_once_and_agree(helm: Helm) -> None:
    made = example(helm, "trial-valkey")
    secret = made.one("Secret")["stringData"]
    service = made.one("Service", NAME)
    assert len(secret["password"]) == 32
    host = f"{NAME}.{NAMESPACE}.svc:{service['spec']['ports'][0]['port']}"
    assert secret["url"] == f"redis://giveway:{secret['password']}@{host}/0"
    env = variables(made.one("StatefulSet"))
    assert env["VALKEY_PASSWORD"] == {"secretKeyRef": {"name": NAME, "key": "password"}}


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"operator": {"namespaces": ["shop", NAMESPACE]}}, [NAMESPACE, "shop"]),
        ({"queues": {"q": {"namespace": "mail", "spec": QUEUE}}}, [NAMESPACE, "mail"]),
    ],
    ids=["operator", "queues"],
)
def test_the_secret_is_wherever_queues_may_name_it(
    helm: Helm, values: Object, where: list[str]
) -> None:
    secrets = helm.render({"valkey": {"enabled": True}, **values}).all("Secret")
    assert [one["metadata"]["namespace"] for one in secrets] == where
    assert len({one["stringData"]["url"] for one in secrets}) == 1


def test_a_secret_of_ones_own_is_used_and_none_made(helm: Helm) -> None:
    made = example(helm, "trial-valkey-own-secret")
    assert not made.all("Secret")
    env = variables(made.one("StatefulSet"))
    assert env["VALKEY_PASSWORD"] == {"secretKeyRef": {"name": "trial", "key": "pass"}}


def test_what_it_holds_is_kept_unless_one_does_not_want_that(helm: Helm) -> None:
    kept, lost = example(helm, "trial-valkey"), example(helm, "trial-valkey-own-secret")
    (claim,) = kept.one("StatefulSet")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"] == {"storage": "1Gi"}
    assert "appendonly yes" in kept.one("ConfigMap")["data"]["valkey.conf"]
    assert "volumeClaimTemplates" not in lost.one("StatefulSet")["spec"]
    assert "appendonly no" in lost.one("ConfigMap")["data"]["valkey.conf"]
    volumes = {one["name"] for one in pod(lost)["volumes"]}
    assert volumes == {"config", "run", "data"}


def test_its_values_reach_it(helm: Helm) -> None:
    made = example(helm, "trial-valkey-own-secret")
    config = made.one("ConfigMap")["data"]["valkey.conf"].splitlines()
    assert {"maxmemory 64mb", "loglevel verbose", "databases 1"} <= set(config)
    workload = made.one("StatefulSet")["spec"]["template"]
    assert workload["metadata"]["labels"]["team"] == "shop"
    assert workload["metadata"]["annotations"]["example.com/why"] == "a trial"
    assert workload["spec"]["priorityClassName"] == "low"
    assert workload["spec"]["nodeSelector"] == {"disk": "ssd"}
    assert workload["spec"]["tolerations"] == [{"key": "spot", "operator": "Exists"}]


def test_a_change_of_the_configuration_replaces_the_pod_and_nothing_else_does(helm: Helm) -> None:
    def checksum(**more: object) -> str:
        made = helm.render({"valkey": {"enabled": True, **more}})
        meta = made.one("StatefulSet")["spec"]["template"]["metadata"]
        return str(meta["annotations"]["checksum/config"])

    assert checksum() == checksum(priorityClassName="low") != checksum(maxmemory="1gb")


def test_it_is_not_from_bitnami_and_not_there_by_itself(helm: Helm) -> None:
    image = container(example(helm, "trial-valkey").one("StatefulSet"))["image"]
    assert image == "docker.io/valkey/valkey:8.1"
    assert not helm.render().all("StatefulSet")


def pod(made: Any) -> Object:
    found: Object = made.one("StatefulSet")["spec"]["template"]["spec"]
    return found
