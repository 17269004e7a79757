"""Texts of a wrong shape: every kind of text that has one at least once."""

from typing import Final

from tests.priorityqueues.mistake import (
    KEY_SAYS,
    LABEL_SAYS,
    NAME_SAYS,
    NODE,
    in_spec,
    in_template,
    node_label,
)

SHAPES: Final = (
    in_spec(
        "a queue's name with a space",
        "queue",
        "a queue's name has A-Z a-z 0-9 . _ - and begins with a letter or a digit",
        queue="my queue",
    ),
    in_spec(
        "a tier's name in capitals",
        "tiers[0].name",
        "a tier's name has a-z 0-9 _ - and begins with a letter or a digit",
        **{"tiers[0].name": "High"},
    ),
    in_spec(
        "a tier without a name",
        "tiers[0].name",
        "a tier's name has a-z 0-9 _ - and begins with a letter or a digit",
        **{"tiers[0].name": ""},
    ),
    in_spec(
        "a tier's name that ends in a line break",
        "tiers[0].name",
        "a tier's name has a-z 0-9 _ - and begins with a letter or a digit",
        **{"tiers[0].name": "high\n"},
    ),
    in_spec(
        "the Secret of another namespace",
        "redis.secret.name",
        NAME_SAYS,
        **{"redis.secret.name": "kube-system/admin"},
    ),
    in_spec(
        "a key that climbs",
        "redis.caSecret.key",
        "a key has A-Z a-z 0-9 . _ -",
        **{"redis.caSecret": {"name": "ca", "key": "../token"}},
    ),
    in_template(
        "an app without its module",
        "app",
        "write app as module:attribute, for example shop.tasks:app",
        app="shop.tasks",
    ),
    in_template(
        "an image in two words",
        "image",
        "write image as name:tag or name@digest",
        image="shop 1",
    ),
    in_template(
        "a variable that begins with a digit",
        "env[0].name",
        "a variable's name has A-Z a-z 0-9 . _ - and does not begin with a digit",
        env=[{"name": "2FA", "value": "on"}],
    ),
    in_template(
        "a quantity without a unit that is known",
        "resources.requests[cpu]",
        "write a quantity as 2, '0.5', 500m or 256Mi",
        resources={"requests": {"cpu": "2 cores"}},
    ),
    in_template(
        "less than no memory",
        "resources.limits[memory]",
        "write a quantity as 2, '0.5', 500m or 256Mi",
        resources={"limits": {"memory": -1}},
    ),
    in_template(
        "a label's value with a space",
        "podLabels[team]",
        LABEL_SAYS,
        podLabels={"team": "the shop"},
    ),
    in_template(
        "a label's key with a space",
        f"{NODE}[0].matchExpressions[0].key",
        KEY_SAYS,
        affinity=node_label(["ssd"], key="my disk"),
    ),
)
