"""Many commands in one round trip: for whoever looks at all queues of a server at once.

One of them that fails does not spoil the others: its place in the answer holds the error. What the
server has forgotten (NOSCRIPT) is sent once more in a second round trip, the text of each script
once. In a cluster there is a pipeline for each node, all of them at the same time; what a node
refuses because the slot is another's by now is asked again where the cluster says that it is.

Nothing is repeated in the hope of better times: whoever asks for many things asks again soon.
Only a connection that turns out to be dead when it is used is replaced, once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redis import exceptions as redis_errors
from redis.asyncio.cluster import PipelineCommand

from giveway.errors import GivewayError
from giveway.store.command import Command, Reading, Wire
from giveway.store.execute import AsyncStore
from giveway.store.troubles import TROUBLES, translate, worth_repeating

Call = Sequence[Wire]
Asked = Command[Any] | Reading[Any]
Send = Callable[[Any, Sequence[Call]], Awaitable[list[Any]]]
_ELSEWHERE = (redis_errors.MovedError, redis_errors.AskError)
_LOST = (
    redis_errors.ConnectionError,
    redis_errors.TimeoutError,
    redis_errors.RedisClusterException,
    OSError,
)


@dataclass(slots=True)
class _Question:
    """One of the things asked: its calls and what they answered, an error in the place of each."""

    asked: Asked
    calls: Sequence[Call]
    found: Sequence[Any] = ()

    @property
    def key(self) -> str:
        """A key of its queue, which says what node it is for."""
        call = self.asked.keys[0] if isinstance(self.asked, Command) else self.asked.calls[0][1]
        return str(call)

    def failed(self, *kinds: type[Exception]) -> bool:
        return any(isinstance(one, kinds) for one in self.found)

    @property
    def worth_repeating(self) -> bool:
        return any(isinstance(one, Exception) and worth_repeating(one) for one in self.found)


class ManyStore(AsyncStore):
    """A store that can also be asked many things at once."""

    async def run_all(self, asked: Sequence[Asked]) -> list[Any]:
        """The decoded answer of each, in their order, or the `GivewayError` that it failed with.

        Raises `StoreError` if the server could not be asked at all. Ask nothing that must not be
        sent twice.
        """
        questions = [_Question(one, _calls(one)) for one in asked]
        await self._round(questions)
        await self._again(questions)
        lost = [one.found[0] for one in questions if one.failed(*_LOST)]
        if lost:
            await self.aclose()
            if len(lost) == len(questions):
                raise self._translated(lost[0]) from None
        return [self._answer(one) for one in questions]

    async def ask_each(self, calls: Sequence[Call], *, key: str) -> list[Any]:
        """The replies of the server that holds `key` to plain calls, errors in their places.

        Raises `StoreError` if it could not be asked at all.
        """
        try:
            client = await self._ready()
            if self._clustered:
                found = await _on_node(client.get_node_from_key(key), calls)
            else:
                found = await _in_pipeline(client, calls)
        except TROUBLES as error:
            await self.aclose()
            raise self._translated(error) from None
        return [self._translated(one) if isinstance(one, Exception) else one for one in found]

    async def node_of(self, key: str) -> str:
        """Which server holds this key; "" where there is only one. Raises `StoreError`."""
        if not self._clustered:
            return ""
        try:
            return str((await self._ready()).get_node_from_key(key).name)
        except TROUBLES as error:
            raise self._translated(error) from None

    # -- one round trip after the other ------------------------------------------------------

    async def _again(self, questions: Sequence[_Question]) -> None:
        """Once more what met a dead connection, the wrong server, or one that has forgotten."""
        missed = [one for one in questions if one.failed(*_ELSEWHERE) or one.worth_repeating]
        if missed:
            await self.aclose()  # a new client resolves the name, and learns where every slot is
            await self._round(missed)
        forgotten = [one for one in questions if one.failed(redis_errors.NoScriptError)]
        if forgotten:
            taught: set[tuple[str, str]] = set()
            for one in forgotten:
                one.calls = [await self._lesson(one, taught)]
            await self._round(forgotten)

    async def _lesson(self, question: _Question, taught: set[tuple[str, str]]) -> Call:
        """The text for the first that uses this script on its node, its name for the others."""
        command = question.asked
        assert isinstance(command, Command)
        lesson = (await self.node_of(question.key), command.script.sha)
        if lesson in taught:
            return command.evalsha
        taught.add(lesson)
        return command.eval

    async def _round(self, questions: Sequence[_Question]) -> None:
        """One round trip to each node. Errors are answers, also those of a whole connection."""
        nodes: dict[str, tuple[Any, list[_Question]]] = {}
        try:
            client = await self._ready()
            for one in questions:
                node = client.get_node_from_key(one.key) if self._clustered else client
                name = node.name if self._clustered else ""
                nodes.setdefault(name, (node, []))[1].append(one)
        except TROUBLES as error:
            _fail(questions, error)
        else:
            send = _on_node if self._clustered else _in_pipeline
            await asyncio.gather(*(_spread(mine, node, send) for node, mine in nodes.values()))

    async def _ready(self) -> Any:
        """The client; that of a cluster knows where every slot is."""
        client = await self._client()
        if self._clustered:
            await client.initialize()
        return client

    def _answer(self, question: _Question) -> Any:
        for one in question.found:
            if isinstance(one, Exception):
                return self._translated(one)
        if isinstance(question.asked, Command):
            return question.asked.decode(question.found[0])
        return question.asked.decode(list(question.found))

    def _translated(self, error: Exception) -> GivewayError:
        address = self.endpoint.address
        return translate(error, where=str(address), encrypted=address.tls)


def _calls(asked: Asked) -> Sequence[Call]:
    return [asked.evalsha] if isinstance(asked, Command) else asked.calls


async def _spread(questions: Sequence[_Question], to: Any, send: Send) -> None:
    """Send all their calls as one, and give each question its part of what came back."""
    try:
        replies = iter(await send(to, [call for one in questions for call in one.calls]))
    except TROUBLES as error:
        _fail(questions, error)
    else:
        for one in questions:
            one.found = [next(replies) for _ in one.calls]


def _fail(questions: Sequence[_Question], error: Exception) -> None:
    for one in questions:
        one.found = [error]


async def _in_pipeline(client: Any, calls: Sequence[Call]) -> list[Any]:
    pipeline = client.pipeline(transaction=False)
    for call in calls:
        pipeline.execute_command(*call)
    return list(await pipeline.execute(raise_on_error=False))


async def _on_node(node: Any, calls: Sequence[Call]) -> list[Any]:
    commands = [PipelineCommand(number, *call) for number, call in enumerate(calls)]
    await node.execute_pipeline(commands)
    return [command.result for command in commands]
