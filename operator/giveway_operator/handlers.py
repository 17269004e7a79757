"""Everything of kopf: one watch on PriorityQueues that fills the register. Nothing else.

kopf registers a start-up handler for its settings, a login and one event handler. No handler of an
object's life, no timer and no daemon: each of those puts a finalizer or an annotation on every
object and costs megabytes for a thousand (docs/decisions/0086). What is decided and written is the
loop's.

Model: kopf has a thread and an event loop of its own. There it takes no signals, waits for none of
our tasks at its end, and may hang or fail without anybody noticing but the list that the loop reads
beside the watch. When it gives up (a right taken away, an API server that is gone for a minute) it
is started again; what is said of that is in `watching`.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import kopf

from giveway_operator.cluster.credentials import Credentials, credentials
from giveway_operator.loop.register import Register
from giveway_operator.model import GROUP, PLURAL, VERSION
from giveway_operator.watching import Told

_SILENT_SECONDS = 65.0  # a bookmark comes every minute: a watch without one is dead
_SLACK_SECONDS = 10.0
_END_SECONDS = 3.0
_AGAIN_SECONDS = (1.0, 5.0, 15.0, 30.0)


Seen = Callable[[kopf.RawEvent], None]


def registry(seen: Seen, *, watch_seconds: int, context: str | None) -> kopf.OperatorRegistry:
    """What kopf is to do."""
    made = kopf.OperatorRegistry()

    @kopf.on.login(registry=made, errors=kopf.ErrorsMode.TEMPORARY, backoff=5.0)
    async def _login(**_: Any) -> kopf.ConnectionInfo:
        return connection(await credentials(context=context))

    @kopf.on.startup(registry=made)
    async def _configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure(settings, watch_seconds=watch_seconds)

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=made)
    async def _seen(event: kopf.RawEvent, **_: Any) -> None:
        seen(event)

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


class Watch:
    """Life: `start`, `stop` (idempotent). The register is filled on the loop that `start` is on."""

    def __init__(
        self,
        register: Register,
        *,
        namespaces: Sequence[str],
        watch_seconds: int,
        context: str | None,
    ) -> None:
        self._register, self._namespaces = register, tuple(namespaces)
        self._seconds, self._context = watch_seconds, context
        self._told = Told()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="giveway-watch", daemon=True)

    def start(self) -> None:
        """Begin; it may be a while until anything is told."""
        self._loop = asyncio.get_running_loop()
        self._told.listen()
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether it watches no more although nobody has stopped it."""
        begun = self._thread.ident is not None
        return begun and not self._thread.is_alive() and not self._stop.is_set()

    async def stop(self) -> None:
        """Watch no more. A watch that hangs is left behind: it touches nothing."""
        self._stop.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, _END_SECONDS)
        self._told.leave()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                asyncio.run(self._operate())
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is watched again
                self._told.ended(error)
            pause = _AGAIN_SECONDS[min(failures, len(_AGAIN_SECONDS) - 1)]
            failures += 1
            self._stop.wait(pause)

    async def _operate(self) -> None:
        await kopf.operator(
            registry=registry(self._seen, watch_seconds=self._seconds, context=self._context),
            standalone=True,  # no peering: a Lease of our own says who acts
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            stop_flag=self._stop,
        )

    def _seen(self, event: kopf.RawEvent) -> None:
        if not self._stop.is_set():
            self._loop.call_soon_threadsafe(fill, self._register, event)
