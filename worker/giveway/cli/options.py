"""Options that several commands share, so that they read alike everywhere."""

from typing import Annotated

import typer

Queue = Annotated[
    str | None,
    typer.Option(
        "--queue", "-q", metavar="NAME", help="The queue (GIVEWAY_QUEUE).", show_default=False
    ),
]
RedisUrl = Annotated[
    str | None,
    typer.Option(
        "--redis-url",
        metavar="URL",
        help="Where Redis or Valkey is (GIVEWAY_REDIS_URL), else redis://127.0.0.1:6379/0.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
