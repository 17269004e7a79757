"""Keys are composed in two places, Python and Lua; here they are compared."""

import re
from typing import Any

from giveway.core.keys import QueueKeys
from giveway.store.loader import lua_folder, script_from
from tests.contract.desk import Desk

KEYS = QueueKeys("packaging")
COMPOSED = (
    "tier",
    "back",
    "lease",
    "batches",
    "suspended",
    "delayed",
    "wake",
    "task",
    "items",
    "unique",
)


def _from_lua(client: Any) -> dict[str, str]:
    include = (lua_folder() / "includes" / "keys.lua").read_text("utf-8")
    names = re.findall(r"local function (\w+)_key\(", include)
    calls = ", ".join(f"'{name}', {name}_key('x')" for name in names)
    script = script_from("keys", f"#!lua\n-- @include keys\nreturn {{ {calls} }}")
    flat = [value.decode() for value in client.eval(script.text, 1, KEYS.control)]
    return dict(zip(flat[::2], flat[1::2], strict=True))


def test_lua_and_python_compose_the_same_keys(bare: Desk) -> None:
    expected = {name: getattr(KEYS, name)("x") for name in COMPOSED}
    assert _from_lua(bare.client) == expected


def test_all_keys_of_a_queue_share_one_slot(bare: Desk) -> None:
    fixed = (KEYS.control, KEYS.stats, KEYS.dead, KEYS.done, KEYS.done_batches, KEYS.workers)
    composed = tuple(getattr(KEYS, name)("x") for name in COMPOSED)
    for key in (*fixed, KEYS.workers_seen, KEYS.request("r"), *composed):
        assert key.startswith("giveway:{packaging}:")
