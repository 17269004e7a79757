"""The line of a claim loop: one connection on which an idle worker waits for work.

The wait (BZPOPMIN on the wake-up markers) and the claim go out in ONE write. The server holds the
claim until the wait has ended, by a marker or by its time, so waking costs no second round trip and
the time-out is the poll. The wait pops a marker only, never a task: what a dead peer pops is a
wake-up, and the task stays claimable.

- The socket's time-out is the block + 5 s; the library's own retries are off, because a wait must
  not be repeated behind our back. After an error the connection is closed, and the caller sends the
  same command again: its request number makes that harmless.
- Each connection resolves the server anew (Sentinel, the cluster's slot, DNS).
- `close` may be called from another thread or a signal handler: it shuts the socket down, which
  ends a read that waits, and the claim raises `LineClosed`.

Invariant: after any error there is no half-read reply: the connection is gone.
"""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from redis import exceptions as redis_errors
from redis.connection import AbstractConnection

from giveway import clock
from giveway.errors import StoreUnavailable
from giveway.store.command import Command
from giveway.store.dial import Dialer
from giveway.store.endpoint import Endpoint
from giveway.store.troubles import TROUBLES, code_of, translate

T = TypeVar("T")

NOT_SENT = 0  # the number of no connection
SLACK_SECONDS = 5.0  # how much longer than the block the server may take
_WRONG_TYPE_PAUSE_SECONDS = 1.0


class LineClosed(StoreUnavailable):
    """The line was closed while it was used, or before."""


class ScriptForgotten(StoreUnavailable):
    """After SCRIPT FLUSH or a restart: the command was not run, and has to be sent as text."""


class ClaimLine:
    """One per claim loop; used by one thread at a time, closed by any."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._dialer = Dialer(endpoint)
        self._connection: AbstractConnection | None = None
        self._dialled = NOT_SENT  # the number of the connection
        self._pid = os.getpid()
        self._closed = False  # no lock: a signal handler may set it at any instruction

    def claim(self, command: Command[T], *, wake_keys: Sequence[str], block_seconds: float) -> T:
        """Waits until a tier has work, at most `block_seconds`, then claims. 0: just the claim.

        Args:
            command: `Commands.settle_claim`; after an error send the same object again.
            wake_keys: of the tiers served, the most urgent first.
            block_seconds: how long the server waits.

        Raises:
            LineClosed: `close` was called.
            StoreError: anything else; the connection is closed, the next call opens a new one.
        """
        with self._guarded():
            return command.decode(self._exchange(command, wake_keys, block_seconds))

    def send(self, command: Command[T]) -> int:
        """Sends a claim; `receive` reads its answer. The number of its connection.

        Raises as `claim`.
        """
        with self._guarded():
            connection = self._connected(command.keys[0])
            _allow(connection, SLACK_SECONDS)
            packed = connection.pack_command(*command.evalsha)
            connection.send_packed_command(packed, check_health=False)
            return self._dialled

    def receive(self, command: Command[T], *, sent_on: int) -> Callable[[], T]:
        """The answer to the earliest command that was sent and not read, still to be opened.

        `sent_on`: what `send` said. Raises as `claim`, and `ScriptForgotten`; after any error the
        answers to what else was sent are gone too.
        """
        with self._guarded():
            if self._connection is None or sent_on != self._dialled:
                raise redis_errors.ConnectionError("the connection was lost before the answer")
            try:
                return partial(command.decode, self._connection.read_response())
            except redis_errors.NoScriptError:
                # Not taught here: the next answer on this line belongs to another command.
                raise ScriptForgotten("the server has forgotten the script") from None

    @property
    def dialled(self) -> int:
        """The number of the last connection that was opened."""
        return self._dialled

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """After any error the connection is gone, and the error is one of ours."""
        if self._closed:
            raise LineClosed("the claim line is closed")
        try:
            yield
        except (*TROUBLES, ValueError) as error:
            # ValueError: redis-py meets a socket that `close` has shut under it.
            self._hang_up()
            if self._closed:
                raise LineClosed("the claim line was closed while it waited") from None
            if isinstance(error, ValueError):
                raise
            address = self.endpoint.address
            raise translate(error, where=str(address), encrypted=address.tls) from None
        except BaseException:
            self._hang_up()
            raise

    def _exchange(self, command: Command[Any], keys: Sequence[str], block_seconds: float) -> Any:
        connection = self._connected(command.keys[0])
        waits = block_seconds > 0 and bool(keys)
        _allow(connection, (block_seconds if waits else 0) + SLACK_SECONDS)
        calls: list[Any] = [["BZPOPMIN", *keys, f"{block_seconds:.3f}"]] if waits else []
        packed = connection.pack_commands([*calls, command.evalsha])
        connection.send_packed_command(packed, check_health=False)
        failure = self._read_wait(connection) if waits else None
        reply = self._read_claim(connection, command)
        if failure is not None:
            # A wake key of a wrong type ends the wait at once; the claim goes on, but not in a
            # busy loop.
            clock.sleep(min(_WRONG_TYPE_PAUSE_SECONDS, block_seconds))
        return reply

    def _read_wait(self, connection: AbstractConnection) -> Exception | None:
        try:
            connection.read_response(disconnect_on_error=False)
        except redis_errors.ResponseError as error:
            if code_of(error) != "WRONGTYPE":
                raise  # UNBLOCKED and its kind: the server has changed its role
            return error
        return None

    def _read_claim(self, connection: AbstractConnection, command: Command[Any]) -> Any:
        try:
            return connection.read_response()
        except redis_errors.NoScriptError:
            connection.send_packed_command(
                connection.pack_command(*command.eval), check_health=False
            )
            return connection.read_response()

    def _connected(self, key: str) -> AbstractConnection:
        if self._connection is not None and self._pid != os.getpid():
            self._connection = None  # after a fork the socket is the parent's
        if self._connection is None:
            connection = self._dialer.dial(key)
            connection.connect()
            self._connection, self._pid = connection, os.getpid()
            self._dialled += 1
            if self._closed:  # closed while we dialled
                raise redis_errors.ConnectionError("closed")
        return self._connection

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()

    def close(self) -> None:
        """Ends the line for good; a `claim` that waits raises `LineClosed` at once."""
        self._closed = True
        self.cut()

    def cut(self) -> None:
        """Ends the connection there is: what waits on it fails, and opens a new one.

        May be called from another thread or a signal handler.
        """
        connection = self._connection
        raw = getattr(connection, "_sock", None)
        if raw is not None and self._pid == os.getpid():
            with suppress(OSError):  # it has gone already
                raw.shutdown(socket.SHUT_RDWR)


def _allow(connection: AbstractConnection, seconds: float) -> None:
    """Sets how long a read of this connection may take."""
    if connection.socket_timeout != seconds:
        connection.socket_timeout = seconds
        raw = getattr(connection, "_sock", None)
        if raw is not None:
            raw.settimeout(seconds)
