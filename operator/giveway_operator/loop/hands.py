"""Carries out the plan of one queue, in the order of its fields, and says what went wrong.

What makes room for work comes first. Before anything is taken away both sides are looked at again
and the plan is made anew from that: what it was made from may be seconds old. Whatever is
interrupted here, at any await, is found half done by the next look and planned from there.

Invariants: nothing is written while the Lease is not held: the API server's side is fenced
(`Api.fenced`), and on Redis's side `holding` is asked just before. A pod goes only by name, through
its deletion cost.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from giveway.clock import monotonic
from giveway.telemetry.events import event
from giveway_operator import metrics
from giveway_operator.apply.control import Controls, Outcome, WantedControl
from giveway_operator.apply.deployment import apply_deployment
from giveway_operator.apply.scale import scale
from giveway_operator.apply.victims import scale_in, spare
from giveway_operator.cluster.api import Api
from giveway_operator.conditions import Trouble
from giveway_operator.deployment import Manifest, TemplateRefused, manifest
from giveway_operator.facts import ClusterFacts, PodFacts, QueueFacts
from giveway_operator.loop.entry import Entry
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Plan, Sight, spared
from giveway_operator.tallies import Tallies
from giveway_operator.victims import may_go

Again = Callable[[Entry], Awaitable[tuple[Sight, Plan]]]

_MENDED_SECONDS = 3600.0  # a Deployment that somebody else changed is applied anew after so long


@dataclass(frozen=True, slots=True)
class Hands:
    """One for each operator. `again`: look at both sides now, and plan from that."""

    api: Api
    controls: Controls
    tallies: Tallies
    holding: Callable[[], bool]
    again: Again
    service_accounts: frozenset[str] = frozenset()

    def needed(self, entry: Entry, sight: Sight, plan: Plan, *, now: float) -> bool:
        """Whether there is anything to do but to tell of it."""
        if not (plan.set_tiers or plan.set_limits):
            entry.undeclared = None
        if plan.current is None or plan.wanted >= plan.current:
            entry.waits = ""
            entry.shrinking.over()
        stale = plan.make_deployment and self._stale(entry, sight, now=now)
        if _due(entry, plan, now=now).acts or stale or _declares(entry, plan, now=now):
            return True
        return bool(spared(sight, plan))

    async def carry_out(
        self, entry: Entry, sight: Sight, plan: Plan, *, now: float
    ) -> tuple[Sight, Plan]:
        """Do it. What came of it; `replicas` is None unless written. Raises `ClusterError`."""
        await self._control(entry, sight, plan, now=now)
        if plan.make_deployment and self._stale(entry, sight, now=now):
            await self._deployment(entry, sight, now=now)
        plan = _due(entry, plan, now=now)
        if plan.replicas is not None and plan.current is not None:
            if plan.shrinks:
                sight, plan = await self.again(entry)
            if not await self._replicas(entry, sight, plan):
                plan = replace(plan, replicas=None)
        await self._clear(entry, sight, plan)
        return sight, plan

    async def _control(self, entry: Entry, sight: Sight, plan: Plan, *, now: float) -> None:
        """Tiers, limits and drain requests, in Redis."""
        if not isinstance(sight.queue, QueueFacts) or entry.watched is None or not self.holding():
            return
        victims, resource = plan.victims, sight.resource
        declares = _declares(entry, plan, now=now)
        if not (declares or victims.drain or victims.give_back):
            return
        tiers = resource.tiers if declares else ()
        limits = {tier.name: tier.max_length for tier in resource.spec.tiers if tier.max_length}
        wanted = WantedControl(tiers, limits if declares else {}, victims.drain, victims.give_back)
        applied = await self.controls.apply(entry.watched, wanted, seen=sight.queue.control)
        if not declares:
            return
        if applied.outcome in (Outcome.CHANGED, Outcome.UNCHANGED):
            entry.undeclared = None
            entry.declaring.over()
        else:
            word = f"Tiers{applied.outcome.value.capitalize()}"
            entry.undeclared = Trouble(word, applied.message)
            entry.declaring.failed(now)

    async def _deployment(self, entry: Entry, sight: Sight, *, now: float) -> None:
        wanted = self._wanted(entry, sight.resource)
        assert isinstance(wanted, Manifest), "a refused template is never stale"
        await apply_deployment(self.api, wanted)
        entry.applied = (sight.resource.metadata.generation, now)

    def _stale(self, entry: Entry, sight: Sight, *, now: float) -> bool:
        """Whether the Deployment is not as wanted, or has not been compared for long."""
        wanted = self._wanted(entry, sight.resource)
        entry.refused = wanted if isinstance(wanted, Trouble) else None
        if isinstance(wanted, Trouble) or not isinstance(sight.cluster, ClusterFacts):
            return False
        if not sight.cluster.target.exists:
            return True
        generation, at = entry.applied
        return generation != sight.resource.metadata.generation or now - at >= _MENDED_SECONDS

    def _wanted(self, entry: Entry, resource: PriorityQueue) -> Manifest | Trouble:
        """Made once for each generation: a thousand of them take a second."""
        generation = resource.metadata.generation
        if entry.manifest is None or entry.manifest[0] != generation:
            try:
                made: Manifest | Trouble = manifest(
                    resource, service_accounts=self.service_accounts
                )
            except TemplateRefused as refused:
                made = Trouble("TemplateRefused", str(refused))
            entry.manifest = (generation, made)
        return entry.manifest[1]

    async def _replicas(self, entry: Entry, sight: Sight, plan: Plan) -> bool:
        """Whether the number is what was planned; a fresh plan may have nothing more to change."""
        if plan.replicas is None or plan.current is None:
            return False
        fewer = plan.replicas < plan.current
        # Pods are taken away by name; replicas that no pod is there for go by the number alone.
        done = await (self._down if fewer and plan.victims.go else self._scale)(entry, sight, plan)
        if done:
            self.tallies.count(metrics.SCALINGS, "down" if fewer else "up")
        return done

    async def _scale(self, _: Entry, sight: Sight, plan: Plan) -> bool:
        assert isinstance(sight.cluster, ClusterFacts)
        assert plan.replicas is not None
        target = sight.cluster.target
        scaled = await scale(
            self.api,
            namespace=sight.resource.metadata.namespace,
            name=target.name,
            replicas=plan.replicas,
            expected=target.replicas,
            resource_version=target.resource_version,
        )
        return scaled.done

    async def _down(self, entry: Entry, sight: Sight, plan: Plan) -> bool:
        assert isinstance(sight.cluster, ClusterFacts)
        assert plan.replicas is not None
        target = sight.cluster.target
        gone = await scale_in(
            self.api,
            namespace=entry.key.namespace,
            name=target.name,
            selector=target.selector,
            expected=target.replicas,
            replicas=plan.replicas,
            victims=plan.victims.go,
            still_idle=lambda pod: self.holding() and _idle(entry, pod),
        )
        if gone.refused:
            event("scale_in_waits", queue=str(entry.key), why=gone.refused)
        if gone.gone:
            entry.waits = ""
            entry.shrinking.over()
        else:
            entry.waits = gone.refused
            entry.shrinking.failed(monotonic())
        return bool(gone.gone)

    async def _clear(self, entry: Entry, sight: Sight, plan: Plan) -> None:
        """Marks of pods that live on: of a scale-in that was interrupted, or given up."""
        if pods := spared(sight, plan):
            await spare(self.api, namespace=entry.key.namespace, pods=pods)


def _due(entry: Entry, plan: Plan, *, now: float) -> Plan:
    """Without taking pods away, if that was refused and is not to be tried again yet: a rollout
    that is stuck may be so for days. Everything else is done meanwhile, growing above all.
    """
    return replace(plan, replicas=None) if plan.shrinks and now < entry.shrinking.until else plan


def _declares(entry: Entry, plan: Plan, *, now: float) -> bool:
    """Whether tiers or limits are to be set, and it is time to try."""
    return (plan.set_tiers or plan.set_limits) and now >= entry.declaring.until


def _idle(entry: Entry, pod: PodFacts) -> bool:
    """By the last look, which a tick may have renewed since; who has drained claims no more."""
    seen = entry.seen
    if not isinstance(seen, QueueFacts) or seen.control is None:
        return False
    return may_go(pod, workers=seen.workers, asked=seen.control.drain)
