"""Puts the operator together, and is its life: everything that starts here is stopped here.

Order of the start: the probes, the lead, the first list, the loop, the watch. Order of the end: the
watch and the loop, then the Lease is released, so that a successor begins when we have ended.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from math import inf
from pathlib import Path

from giveway.clock import monotonic
from giveway.telemetry.events import event
from giveway.telemetry.exposition import Exposition
from giveway.telemetry.listener import Listener
from giveway_operator import handlers, metrics
from giveway_operator.apply.control import Controls
from giveway_operator.apply.events import Events
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError
from giveway_operator.cluster.lease import Lease, LeaseTimes
from giveway_operator.cluster.notebook import Notebook
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.facts import QueueKey
from giveway_operator.health import Health, Pulse
from giveway_operator.loop.acting import Acting
from giveway_operator.loop.charges import Charges
from giveway_operator.loop.entry import Backoff, Entry
from giveway_operator.loop.eyes import Eyes
from giveway_operator.loop.farewell import Farewell
from giveway_operator.loop.hands import Hands
from giveway_operator.loop.jobs import Jobs
from giveway_operator.loop.recycling import Recycling
from giveway_operator.loop.register import Register
from giveway_operator.loop.retiring import Retiring
from giveway_operator.loop.roll import Roll
from giveway_operator.loop.rounds import Rounds
from giveway_operator.loop.sources import Sources
from giveway_operator.loop.standing import Standing
from giveway_operator.loop.statuses import Statuses
from giveway_operator.loop.telling import Telling
from giveway_operator.observe.bells import Bells
from giveway_operator.observe.cluster import ClusterView
from giveway_operator.observe.queues import Queues
from giveway_operator.observe.resources import list_resources
from giveway_operator.observe.secrets import Secrets
from giveway_operator.settings import OperatorSettings
from giveway_operator.tallies import Tallies

_STANDING_SECONDS = 1.0
_CHARGES_SECONDS = 5.0
_OUR_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class Operator:
    """Life: `start`, `stop` (idempotent)."""

    def __init__(self, settings: OperatorSettings) -> None:
        self.settings = settings
        self.register, self.pulse = Register(), Pulse()
        self.tallies = Tallies(leading=lambda: self.leading)
        self.api = Api.connect(context=settings.context or None, counted=self.tallies.requested)
        self.lease = _lease(settings, self.api, changed=self._lead) if settings.lease else None
        self._jobs = Jobs()
        self._listener = Listener(
            self._health().respond,
            port=settings.metrics_port,
            setting="GIVEWAY_OPERATOR_METRICS_PORT",
        )
        self._watch = handlers.Watch(
            self.register,
            namespaces=settings.namespaces,
            watch_seconds=settings.watch_seconds,
            context=settings.context or None,
        )
        self._build()

    @property
    def leading(self) -> bool:
        """Whether this operator acts, at this very moment."""
        return self.lease is None or self.lease.holding

    def _holding(self) -> bool:
        return self.leading

    def _remaining_seconds(self) -> float:
        return inf if self.lease is None else self.lease.remaining_seconds()

    def _build(self) -> None:
        settings, writing = self.settings, self.api.fenced(self._remaining_seconds)
        self.endpoints = Endpoints(name=instance(), api_server=_api_server())
        secrets = Secrets(self.api)
        view = ClusterView(
            self.api, namespaces=settings.namespaces, slow_seconds=settings.cluster_seconds
        )
        controls, sources = Controls(self.endpoints), Sources(secrets)
        self.roll = Roll(self.register)
        eyes = Eyes(Queues(self.endpoints), view, sources)
        self.statuses = Statuses(
            writing,
            self.tallies,
            per_second=settings.status_writes_per_second,
            drift_seconds=settings.status_seconds,
        )
        self.telling = telling = Telling(
            self.statuses, Events(writing, instance=instance()), self.tallies
        )
        acting = Acting(
            self.roll,
            eyes,
            telling,
            self.tallies,
            holding=lambda: self.leading,
            ring=self._ring_for,
        )
        acting.hands = Hands(
            api=writing,
            controls=controls,
            tallies=self.tallies,
            holding=lambda: self.leading,
            again=acting.again,
            service_accounts=frozenset(settings.service_accounts),
        )
        self.recycling = Recycling(
            self.roll,
            eyes,
            self.endpoints,
            telling,
            self.tallies,
            api=writing,
            holding=lambda: self.leading,
        )
        self.bells = Bells(self.endpoints, rang=self._rang) if settings.bell else None
        holding = self._holding
        retiring = Retiring(writing, controls, view, self.roll, telling, holding)
        farewell = Farewell(writing, controls, secrets, view, self.roll, holding, retiring)
        notebook = Notebook(
            writing,
            namespace=settings.lease_namespace or our_namespace(),
            name=f"{settings.lease_name}-charges",
        )
        self.charges = Charges(notebook, self.roll, farewell, self._jobs)
        self.rounds = Rounds(
            self.register,
            self.roll,
            sources,
            eyes,
            acting,
            telling,
            farewell,
            bells=self.bells,
            tallies=self.tallies,
            pulse=self.pulse,
            holding=lambda: self.leading,
            poll_seconds=settings.poll_seconds,
        )

    def _health(self) -> Health:
        return Health(
            self.pulse,
            self.tallies,
            lambda: self.leading,
            self._ended,
            self.settings.stalled_seconds,
            Exposition(self.tallies),
        )

    def _ended(self) -> list[str]:
        """Asked on other threads."""
        own = (("lease", self.lease), ("watch", self._watch))
        return [name for name, one in own if one is not None and one.ended]

    async def start(self) -> None:
        """Begin. What cannot be had yet is waited for by whoever needs it."""
        self._listener.start()
        if self.lease is not None:
            await self.lease.start()
            self._jobs.every(_STANDING_SECONDS, "standing", Standing(self.lease).look)
        self._jobs.every(self.settings.list_seconds, "list", self.list)
        self._jobs.start("statuses", self.statuses.run)
        self._jobs.start("events", self.telling.run)
        self._jobs.every(1.0, "endpoints", self._keep_endpoints)
        self._jobs.every(self.settings.recycle_seconds, "recycling", self.recycling.cycle)
        self._jobs.every(_CHARGES_SECONDS, "charges", self._note_charges)
        self.rounds.start()
        self._watch.start()

    async def stop(self) -> None:
        """End, and let a successor begin."""
        stopped = asyncio.create_task(self._watch.stop())
        await self.rounds.stop()
        await self._jobs.stop()
        await self.recycling.aclose()
        if self.bells is not None:
            await self.bells.aclose()
        if self.lease is not None:
            await self.lease.stop()
        await self.endpoints.aclose()
        await stopped
        await self.api.close()
        self._listener.stop()

    async def list(self) -> None:
        """Read the whole list: at the start, and to find what the watch did not tell of."""
        backoff = Backoff()
        while not await self._listed() and not self.register.listed:
            backoff.failed(monotonic())  # nothing can be done before the first one
            await asyncio.sleep(backoff.until - monotonic())

    async def _listed(self) -> bool:
        as_of, first = self.register.as_of(), not self.register.listed
        try:
            found = await list_resources(
                self.api, namespaces=self.settings.namespaces, brief=self.register.brief
            )
        except ClusterError as error:
            event("list_failed", level="warning", message=str(error))
            return False
        news = self.register.replace(found, as_of=as_of)
        self.register.listed = True
        self.pulse.listed.set()
        if not first and news:
            self.tallies.count(metrics.WATCH_GAPS, by=news)
        return True

    async def _note_charges(self) -> None:
        if self.leading and self.pulse.beaten:
            await self.charges.sync()

    async def _keep_endpoints(self) -> None:
        await self.endpoints.keep({where.source for where in self.rounds.watched()})

    def _ring_for(self, entry: Entry) -> None:
        self.rounds.ring(entry.key)

    def _rang(self, key: QueueKey) -> None:
        self.rounds.bell(key)

    def _lead(self, leading: bool) -> None:  # noqa: FBT001 -- the lease calls it
        event("leading" if leading else "not_leading", identity=instance())
        if leading:
            self.roll.led()
        else:
            self.statuses.clear()
            self.charges.forget()


def _lease(settings: OperatorSettings, api: Api, *, changed: Callable[[bool], None]) -> Lease:
    return Lease(
        api,
        namespace=settings.lease_namespace or our_namespace(),
        name=settings.lease_name,
        identity=f"{instance()}_{os.getpid()}_{os.urandom(4).hex()}",
        times=LeaseTimes.of(settings.lease_seconds),
        changed=changed,
    )


def instance() -> str:
    """This pod, or this machine."""
    return os.environ.get("GIVEWAY_POD_NAME") or socket.gethostname()


def our_namespace() -> str:
    """The one that this pod is in; outside of a cluster "default"."""
    try:
        return _OUR_NAMESPACE.read_text().strip() or "default"
    except OSError:
        return "default"


def _api_server() -> tuple[str, int] | None:
    host = os.environ.get("KUBERNETES_SERVICE_HOST")
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    return (host, int(port)) if host and port.isdigit() else None


async def run(settings: OperatorSettings) -> None:
    """Until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    operator = Operator(settings)
    try:
        await operator.start()
        event("operator_started", namespaces=",".join(settings.namespaces) or "all")
        await stop.wait()
    finally:
        began = monotonic()
        await operator.stop()
        event("operator_stopped", seconds=round(monotonic() - began, 2))
