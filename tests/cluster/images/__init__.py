"""The images that the cluster tests run, built without a registry and kept as archives.

    worker_image() -> Path      localhost/giveway-worker:test, from the project's Dockerfile
    operator_image() -> Path    localhost/giveway-operator:test
    shop_image() -> Path        localhost/giveway-shop:test, from examples/shop on that worker
    valkey_image() -> Path      localhost/valkey:test, the server of `giveway.testing`
    python_image() -> Path      localhost/python:3.11, Debian and its Python: the base of all

Each is an archive of `docker save`, for `ctr images import` and `kind load image-archive`.

Model: an archive is named after a fingerprint of everything that went into it, and what it stands
on is part of that. `recipe` says what goes in, `images` lists the five, `archives` keeps what was
built, `engine` is buildah; `needs` says what a machine lacks. Nothing of the machine's own
(certificates, pip's configuration) ever lies in an image. The image of a pod's pause is made by
`tests.cluster.node`, which needs no engine for it.

`python -m tests.cluster.images` builds all of them, and says where they are.
"""

from tests.cluster.images.images import (
    operator_image,
    python_image,
    shop_image,
    valkey_image,
    worker_image,
)

__all__ = ["operator_image", "python_image", "shop_image", "valkey_image", "worker_image"]
