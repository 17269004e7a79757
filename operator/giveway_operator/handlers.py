"""Everything of kopf: one watch on PriorityQueues that fills the register. Nothing else.

kopf registers a start-up handler for its settings and one event handler. No handler of an object's
life, no timer and no daemon: each of those puts a finalizer or an annotation on every object and
costs megabytes for a thousand (docs/decisions/0086). What is decided and written is the loop's.

A watch may end for reasons of its own (a right taken away, an API server that is gone for a
minute): kopf then gives up. It is started again, and the loop goes on meanwhile, from the list that
it reads beside the watch.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import kopf

from giveway.telemetry.events import event
from giveway_operator.cluster.credentials import Credentials, credentials
from giveway_operator.loop.register import Register
from giveway_operator.model import GROUP, PLURAL, VERSION

_SILENT_SECONDS = 65.0  # a bookmark comes every minute: a watch without one is dead
_SLACK_SECONDS = 10.0
_AGAIN_SECONDS = (1.0, 5.0, 15.0, 30.0)


def registry(
    register: Register,
    *,
    watch_seconds: int,
    context: str | None,
    started: Callable[[], None] = lambda: None,
) -> kopf.OperatorRegistry:
    """What kopf is to do. `started`: called when it has set itself up, its signal handlers too."""
    made = kopf.OperatorRegistry()

    @kopf.on.login(registry=made, errors=kopf.ErrorsMode.TEMPORARY, backoff=5.0)
    async def _login(**_: Any) -> kopf.ConnectionInfo:
        return connection(await credentials(context=context))

    @kopf.on.startup(registry=made)
    async def _configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure(settings, watch_seconds=watch_seconds)
        started()

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=made)
    async def _seen(event: kopf.RawEvent, **_: Any) -> None:
        fill(register, event)

    return made


def configure(settings: kopf.OperatorSettings, *, watch_seconds: int) -> None:
    """Settings under which silence is noticed and nothing is written."""
    watching = settings.watching
    watching.server_timeout = watch_seconds  # an int: of a float the API server says 400
    watching.client_timeout = watch_seconds + _SLACK_SECONDS
    watching.connect_timeout = 5.0
    watching.inactivity_timeout = _SILENT_SECONDS
    settings.networking.connect_timeout = 5.0
    settings.networking.request_timeout = 30.0
    settings.networking.error_backoffs = (1, 2, 4)
    settings.networking.enforce_retry_after = True
    settings.scanning.disabled = True  # without rights on the cluster kopf waits for 54 s
    settings.posting.enabled = False


def connection(who: Credentials) -> kopf.ConnectionInfo:
    """The same in kopf's words."""
    return kopf.ConnectionInfo(
        server=who.server,
        insecure=who.insecure,
        ca_path=who.ca_path,
        ca_data=who.ca_data,
        certificate_path=who.certificate_path,
        certificate_data=who.certificate_data,
        private_key_path=who.key_path,
        private_key_data=who.key_data,
        token=who.token,
        username=who.username,
        password=who.password,
    )


def fill(register: Register, event: kopf.RawEvent) -> None:
    """One event of the watch. Its list at the start comes as events without a type."""
    document: Any = event["object"]
    if event["type"] == "DELETED":
        register.remove(document)
    else:
        register.put(document)


async def watch(
    register: Register,
    *,
    namespaces: Sequence[str],
    watch_seconds: int,
    context: str | None,
    started: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    """Watch until `stop`, whatever happens to kopf meanwhile. `started`: as in `registry`."""
    failures = 0
    while not stop.is_set():
        try:
            await kopf.operator(
                registry=registry(
                    register, watch_seconds=watch_seconds, context=context, started=started
                ),
                standalone=True,  # no peering: a Lease of our own says who acts
                clusterwide=not namespaces,
                namespaces=tuple(namespaces),
                stop_flag=stop,
            )
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is watched again
            event("watch_ended", level="error", raised=error)
        if stop.is_set():
            return
        pause = _AGAIN_SECONDS[min(failures, len(_AGAIN_SECONDS) - 1)]
        failures += 1
        event("watch_again", level="warning", seconds=pause)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
