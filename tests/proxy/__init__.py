"""A network between a client and Redis that misbehaves on command.

`Proxy` (proxy.py) is a real TCP proxy: every byte crosses two real sockets. It passes, delays,
cuts, freezes, and loses the *reply* of a chosen command, so that the server has done what was asked
and the client cannot know it. `wire.py` finds where one command or reply ends in the stream.
"""

from tests.proxy.proxy import Direction, Lost, Proxy

__all__ = ["Direction", "Lost", "Proxy"]
