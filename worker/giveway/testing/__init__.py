"""Help for the tests of programs that use Giveway: a real server, and batches that are disturbed.

    embedded_server()   a real Valkey (extra `embedded`), or what GIVEWAY_TEST_SERVER names

Nothing here imitates Redis: what passes here runs on the same scripts as in production.
"""

from giveway.testing.server import EmbeddedServer, embedded_server

__all__ = ["EmbeddedServer", "embedded_server"]
