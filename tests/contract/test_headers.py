"""Each script's header says what its caller sends; here the two are compared.

Grammar of ARGV in a header: a word is one value; `words x {a b}` is a number and then that many
groups; `{a} ...` is all the rest; what is in parentheses explains.
"""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from giveway.core.keys import QueueKeys
from giveway.core.task import (
    Fence,
    Giveback,
    Held,
    Holding,
    NewTask,
    Outcome,
    Progress,
    Request,
    Return,
    Settlement,
    TaskId,
    Wanted,
)
from giveway.store.command import Command
from giveway.store.commands import Commands
from giveway.store.loader import VERBS, lua_folder

KEYS = QueueKeys("q")
COMMANDS = Commands(KEYS)
REQUEST = Request("me", 7)
ONE, FENCE = TaskId("one"), Fence(3)

NAMES = {
    KEYS.control: "control",
    KEYS.request("me"): "request",
    KEYS.request("gone"): "voided",
    KEYS.stats: "stats",
    KEYS.dead: "dead",
    KEYS.done: "done",
    KEYS.done_batches: "done:batches",
    KEYS.workers: "workers",
    KEYS.workers_seen: "workers:seen",
}

SETTLEMENTS = [Settlement(ONE, FENCE, outcome, b"v") for outcome in Outcome]
CALLS: list[Command[Any]] = [
    COMMANDS.enqueue(REQUEST, [NewTask(ONE, "f", b"{}", "low"), NewTask(ONE, "f", b"", "low", 9)]),
    COMMANDS.settle_claim(REQUEST, owner="o", lease_us=9, settlements=SETTLEMENTS),
    COMMANDS.settle_claim(
        REQUEST, owner="o", lease_us=9, wanted=Wanted(["a", "b"], 1, 2, ["f", "g", "h"], "c")
    ),
    COMMANDS.checkpoint(
        REQUEST,
        owner="o",
        lease_us=9,
        id=ONE,
        fence=FENCE,
        progress=Progress(b"c", 1, 2, 3, [b"x", b"y"]),
        tiers=["a", "b", "c"],
        may_give_way=True,
    ),
    COMMANDS.renew(
        REQUEST, owner="o", lease_us=9, held=[Held(ONE, FENCE, Holding.RUNNING)] * 3, worker=b"{}"
    ),
    COMMANDS.release(
        REQUEST,
        owner="o",
        givebacks=[Giveback(ONE, FENCE, Return.YIELD)] * 2,
        void=Request("gone", 4),
        keep=[(ONE, FENCE)] * 3,
    ),
    COMMANDS.cancel(REQUEST, [ONE, ONE]),
    COMMANDS.redrive(REQUEST, ids=[ONE, ONE], drop=True),
    COMMANDS.stats(),
    COMMANDS.configure_tiers(REQUEST, tiers=["a", "b"], role="app"),
    COMMANDS.limit(REQUEST, "a", 5),
    COMMANDS.hand_back(REQUEST),
]


def _header(verb: str) -> dict[str, str]:
    """The sections of the comment that opens a script."""
    lines = (lua_folder() / f"{verb}.lua").read_text("utf-8").splitlines()
    comment = []
    for line in lines[1:]:
        if not line.startswith("--"):
            break
        comment.append(line.removeprefix("--").strip())
    parts = re.split(r"\b(Purpose|KEYS|ARGV|Returns|Invariants): ", " ".join(comment))
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def _consume(grammar: str, args: Sequence[object]) -> list[object]:
    """What is left of the arguments once the grammar has taken its part."""
    left = list(args)
    pattern = r"(?P<count>\w+) x \{(?P<group>[^}]*)\}|\{(?P<rest>[^}]*)\} \.\.\.|(?P<word>[\w]+)"
    for token in re.finditer(pattern, grammar):
        if token["rest"] is not None:
            return []
        if token["count"] is None:
            left.pop(0)
            continue
        number = left.pop(0)
        assert isinstance(number, int), f"{token['count']} is not a number but {number!r}"
        del left[: number * len(token["group"].split())]
    return left


@pytest.mark.parametrize("verb", VERBS)
def test_a_header_has_every_section(verb: str) -> None:
    assert set(_header(verb)) == {"Purpose", "KEYS", "ARGV", "Returns", "Invariants"}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.script.verb)
def test_the_keys_sent_are_those_of_the_header(call: Command[Any]) -> None:
    words = _header(call.script.verb)["KEYS"].split(" voided:")[0].split()
    assert [NAMES[key] for key in call.keys] == words


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.script.verb)
def test_the_arguments_sent_are_those_of_the_header(call: Command[Any]) -> None:
    grammar = re.sub(r"\(.*\)", "", _header(call.script.verb)["ARGV"])
    assert _consume(grammar, call.args) == []


def test_every_verb_is_called_here() -> None:
    assert {call.script.verb for call in CALLS} == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_only_enqueue_may_be_refused_when_memory_is_full(verb: str) -> None:
    first = (lua_folder() / f"{verb}.lua").read_text("utf-8").splitlines()[0]
    assert first.startswith("#!lua")
    assert ("allow-oom" in first) == (verb != "enqueue")


@pytest.mark.parametrize("verb", VERBS)
def test_a_script_never_walks_the_keyspace(verb: str) -> None:
    for path in (lua_folder() / f"{verb}.lua", *(lua_folder() / "includes").iterdir()):
        assert not re.search(r"'(KEYS|SCAN|HSCAN|ZSCAN|SSCAN|FLUSH\w*)'", path.read_text("utf-8"))
