"""With exactly the rights that are listed everything works; without any one of them, not all."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from giveway_operator.apply.deployment import apply_deployment
from giveway_operator.apply.events import Event, Events
from giveway_operator.apply.scale import scale
from giveway_operator.apply.status import write_status
from giveway_operator.apply.victims import delete_pod, mark
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import Asked, Forbidden
from giveway_operator.cluster.notebook import Notebook
from giveway_operator.cluster.patience import Patience
from giveway_operator.cluster.pods import read_pods
from giveway_operator.cluster.record import LeaseRecord
from giveway_operator.cluster.rights import RIGHTS, Right, Where, rules
from giveway_operator.deployment import manifest
from giveway_operator.facts import QueueKey, Unseen
from giveway_operator.model import PriorityQueue
from giveway_operator.observe.census import Census
from giveway_operator.observe.others import Others
from giveway_operator.observe.resources import list_resources
from giveway_operator.observe.secrets import Secrets, Unread
from giveway_operator.observe.target import Target
from tests.cluster.api import Refused
from tests.cluster.cluster import Account, Cluster, Rule
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.asking import do
from tests.reconcile.cluster.queues import PATH, make_queue
from tests.reconcile.cluster.stage import RESTRICTED, Stage

NUMBERS = count()


def as_rules(rights: tuple[Right, ...]) -> list[Rule]:
    """Those of both roles: here the Lease is where the queues are."""
    return [
        {"apiGroups": [one.group], "resources": [one.resource], "verbs": list(one.verbs)}
        for where in Where
        for one in rules(where, rights=rights)
    ]


def rule_of(group: str, resource: str, verb: str) -> str:
    return Asked(verb=verb, group=group, resource=resource).rule


def lacking(group: str, resource: str, verb: str) -> Forbidden:
    asked = Asked(verb=verb, group=group, resource=resource)
    return Forbidden(str(asked), asked=asked, rule=asked.rule)


class Work:
    """All that the operator asks of the API server. Each part raises `Forbidden`, or works."""

    def __init__(self, stage: Stage, account: Account, queue: PriorityQueue) -> None:
        self.stage, self.account, self.queue = stage, account, queue
        self.cluster, self.namespace = stage.cluster, stage.namespace

    async def forbidden(self, api: Api) -> set[str]:
        """The rules that were missed."""
        missed = set()
        parts: list[Callable[[Api], Awaitable[None]]] = [
            self.knows_the_queues,
            self.watches_them,
            self.tells,
            self.finds_redis,
            self.makes_a_deployment,
            self.sees_one,
            self.sees_many,
            self.scales,
            self.marks_and_deletes,
            self.notices_others,
            self.records_events,
            self.leads,
            self.remembers,
        ]
        for part in parts:
            try:
                await part(api)
            except Forbidden as forbidden:
                missed.add(forbidden.rule)
        return missed

    async def knows_the_queues(self, api: Api) -> None:
        assert await list_resources(api, namespaces=[self.namespace], brief=dict)

    async def watches_them(self, _: Api) -> None:
        """Who may gets to hear that no such version can be watched from, at once."""
        path = f"{PATH.format(self.namespace)}?watch=1&resourceVersion=none"
        with pytest.raises(Refused) as refused:
            await asyncio.to_thread(self.account.api.get, path)
        if refused.value.status == 403:
            raise lacking("giveway.dev", "priorityqueues", "watch")
        assert "resourceVersion: Invalid value" in str(refused.value)

    async def tells(self, api: Api) -> None:
        await write_status(api, self.queue.key, {"replicas": next(NUMBERS)})

    async def finds_redis(self, api: Api) -> None:
        read = await Secrets(api).read(self.queue)
        if isinstance(read, Unread):
            assert read.why == "Forbidden"
            assert rule_of("", "secrets", "get") in read.message
            raise lacking("", "secrets", "get")

    async def makes_a_deployment(self, api: Api) -> None:
        made = make_queue(self.cluster, self.namespace, f"q{next(NUMBERS)}")
        await apply_deployment(api, manifest(made))

    async def sees_one(self, api: Api) -> None:
        await self._sees(api, 1)

    async def sees_many(self, api: Api) -> None:
        await self._sees(api, 9)

    async def _sees(self, api: Api, several: int) -> None:
        targets = [
            Target(QueueKey(self.namespace, f"q{number}"), deployment="web", made=False)
            for number in range(several)
        ]
        for seen in (await Census(api, everywhere=False).take(targets)).values():
            if isinstance(seen, Unseen):
                assert seen.why == "Forbidden"
                which = [r for r in RIGHTS if rule_of(r.group, r.resource, r.verb) in seen.message]
                raise lacking(which[0].group, which[0].resource, which[0].verb)

    async def scales(self, api: Api) -> None:
        replicas = self.stage.replicas("web")
        # Without a version it is read first, as after a conflict.
        await scale(
            api, namespace=self.namespace, name="web", replicas=replicas + 1, expected=replicas
        )

    async def marks_and_deletes(self, api: Api) -> None:
        pods = await read_pods(api, namespace=self.namespace, deployment="web", selector="app=web")
        assert len(pods) == 1
        await delete_pod(api, namespace=self.namespace, name="one", uid="another")
        assert len(await mark(api, namespace=self.namespace, pods=pods)) == 1

    async def notices_others(self, api: Api) -> None:
        others = Others(api, namespaces=[self.namespace])
        await others.look()
        if others.trouble is not None:
            raise others.trouble

    async def remembers(self, api: Api) -> None:
        notebook = Notebook(api, namespace=self.namespace, name=f"notes-{next(NUMBERS)}")
        await notebook.read()
        await notebook.write({"one": "made"})
        await notebook.write({"one": "changed"})

    async def records_events(self, api: Api) -> None:
        note = f"number {next(NUMBERS)}"
        said = Event(self.queue.key, uid=self.queue.metadata.uid, reason="Tried", note=note)
        events = Events(api, instance="test", count_seconds=0)
        for _ in range(2):
            await events.record(said)  # raises nothing: an Event is a courtesy
        path = f"/apis/events.k8s.io/v1/namespaces/{self.namespace}/events"
        written = [one for one in self.cluster.api.get(path)["items"] if one["note"] == note]
        if not written:
            raise lacking("events.k8s.io", "events", "create")
        if "series" not in written[0]:
            raise lacking("events.k8s.io", "events", "patch")

    async def leads(self, api: Api) -> None:
        name = f"lease-{next(NUMBERS)}"
        record = LeaseRecord(
            api, namespace=self.namespace, name=name, identity="me", duration_seconds=10
        )
        await record.look()
        await record.renew(await record.take(None))


@pytest.fixture
def work(cluster: Cluster, stage: Stage, crd: str) -> Work:
    secret = {"metadata": {"name": "redis"}, "stringData": {"url": "redis://redis:6379"}}
    cluster.api.post(f"/api/v1/namespaces/{stage.namespace}/secrets", secret)
    stage.make("web", replicas=1)
    pod = {
        "metadata": {"name": "one", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": "x", "securityContext": RESTRICTED}]},
    }
    cluster.api.post(stage.pods_path, pod)
    account = cluster.service_account("operator", namespace=stage.namespace, rules=[])
    return Work(stage, account, make_queue(cluster, stage.namespace))


def test_what_is_listed_is_enough_and_none_of_it_is_too_much(work: Work) -> None:
    def missed() -> set[str]:
        return do(work.account.kubeconfig, work.forbidden, patience=Patience(attempts=1))

    def becomes(wanted: set[str], rights: tuple[Right, ...], *, what: str) -> None:
        work.account.may(as_rules(rights))
        until(lambda: missed() == wanted, what=what)

    becomes(set(), RIGHTS, what="everything to work")
    for right in RIGHTS:
        rule = rule_of(right.group, right.resource, right.verb)
        left = tuple(one for one in RIGHTS if one != right)
        becomes({rule}, left, what=f"{rule} and nothing else to be missed")


def test_a_right_that_comes_back_is_used_at_once(work: Work) -> None:
    """403 after the rights were taken away ends nothing."""

    async def looks(api: Api) -> None:
        async def trouble() -> str:
            others = Others(api, namespaces=[work.namespace])
            await others.look()
            return others.trouble.word if others.trouble else ""

        for rights, word in (((), "Forbidden"), (RIGHTS, ""), ((), "Forbidden"), (RIGHTS, "")):
            work.account.may(as_rules(rights))
            found = await trouble()
            for _ in range(1000):  # the API server hears of it a moment later
                found = found if found == word else await trouble()
            assert found == word

    do(work.account.kubeconfig, looks)


def test_for_the_whole_cluster_the_same_rules_are_enough(
    cluster: Cluster, stage: Stage, crd: str
) -> None:
    everywhere = tuple(right for right in RIGHTS if right.where is Where.QUEUES)
    account = cluster.service_account(
        "operator", namespace=stage.namespace, rules=as_rules(everywhere), cluster_wide=True
    )
    # In more namespaces than are listed one by one; all but one of them have no such Deployment.
    namespaces = [stage.namespace, *(f"elsewhere-{number}" for number in range(9))]
    targets = [Target(QueueKey(one, "web"), deployment="web", made=True) for one in namespaces]
    stage.make("web", replicas=0)

    async def looks(api: Api) -> list[str]:
        others = Others(api)
        await others.look()
        assert others.trouble is None
        assert await list_resources(api, namespaces=(), brief=dict) is not None
        seen = await Census(api, everywhere=True).take(targets)
        return [one.message for one in seen.values() if isinstance(one, Unseen)]

    until(lambda: account.api.answers(PATH.format("default")), what="the rights to be there")
    assert do(account.kubeconfig, looks) == []
