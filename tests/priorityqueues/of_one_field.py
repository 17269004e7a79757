"""What the schema refuses in one field: types, bounds, lengths, choices, what must be there."""

from typing import Final

from tests.priorityqueues.documents import GONE
from tests.priorityqueues.mistake import bound, in_deployment, in_spec, in_template, wrong_type

OF_ONE_FIELD: Final = (
    in_deployment("no spec", "spec", "Required value", spec=GONE),
    in_spec("no Redis", "redis", "Required value", redis=GONE),
    in_spec("a Redis that is null", "redis", "Required value", redis=None),
    in_spec("no tiers", "tiers", "Required value", tiers=GONE),
    in_spec("no tier", "tiers", bound("tiers", 0, "have at least 1 items"), tiers=[]),
    in_spec(
        "seventeen tiers",
        "tiers",
        "Too many: 17: must have at most 16 items",
        tiers=[{"name": f"tier-{n}", "sloSeconds": n + 1} for n in range(17)],
    ),
    in_spec(
        "a tier that promises nothing",
        "tiers[1].sloSeconds",
        "Required value",
        **{"tiers[1].sloSeconds": GONE},
    ),
    in_spec(
        "a promise of no time",
        "tiers[0].sloSeconds",
        bound("tiers[0].sloSeconds", 0, "be greater than 0"),
        **{"tiers[0].sloSeconds": 0},
    ),
    in_spec(
        "a promise for the year after next",
        "tiers[1].sloSeconds",
        bound("tiers[1].sloSeconds", 63072000, "be less than or equal to 2592000"),
        **{"tiers[1].sloSeconds": 63072000},
    ),
    in_spec(
        "a promise with a unit",
        "tiers[0].sloSeconds",
        wrong_type("tiers[0].sloSeconds", "string", "number"),
        **{"tiers[0].sloSeconds": "5s"},
    ),
    in_spec(
        "a name of 64 characters",
        "tiers[0].name",
        "Too long: may not be more than 63 bytes",
        **{"tiers[0].name": "a" * 64},
    ),
    in_spec(
        "a huge number of replicas",
        "scaling.maxReplicas",
        bound("scaling.maxReplicas", 5001, "be less than or equal to 5000"),
        **{"scaling.maxReplicas": 5001},
    ),
    in_spec(
        "no replica at most",
        "scaling.maxReplicas",
        bound("scaling.maxReplicas", 0, "be greater than or equal to 1"),
        **{"scaling.maxReplicas": 0},
    ),
    in_spec(
        "fewer replicas than none",
        "scaling.minReplicas",
        bound("scaling.minReplicas", -1, "be greater than or equal to 0"),
        **{"scaling.minReplicas": -1},
    ),
    in_spec(
        "half a replica",
        "scaling.maxReplicas",
        wrong_type("scaling.maxReplicas", "number", "integer"),
        **{"scaling.maxReplicas": 2.5},
    ),
    in_spec(
        "replicas as a text",
        "scaling.maxReplicas",
        wrong_type("scaling.maxReplicas", "string", "integer"),
        **{"scaling.maxReplicas": "10"},
    ),
    in_spec(
        "a way to pause that is none",
        "scaling.pause",
        'Unsupported value: "both": supported values: "none", "all", "in", "out"',
        **{"scaling.pause": "both"},
    ),
    in_spec(
        "a flag as a text",
        "scaling.dryRun",
        wrong_type("scaling.dryRun", "string", "boolean"),
        **{"scaling.dryRun": "true"},
    ),
    in_spec(
        "no slots",
        "scaling.slotsPerReplica",
        bound("scaling.slotsPerReplica", 0, "be greater than or equal to 1"),
        **{"scaling.slotsPerReplica": 0},
    ),
    in_spec(
        "a fallback without replicas",
        "scaling.fallback.replicas",
        "Required value",
        **{"scaling.fallback": {"afterSeconds": 60}},
    ),
    in_spec(
        "another kind of target",
        "worker.scaleTargetRef.kind",
        'Unsupported value: "StatefulSet": supported values: "Deployment"',
        **{"worker.scaleTargetRef.kind": "StatefulSet"},
    ),
    in_spec(
        "a tier that is a text",
        "tiers[0]",
        wrong_type("tiers[0]", "string", "object"),
        **{"tiers[0]": "high"},
    ),
    in_spec(
        "tiers that are no list",
        "tiers",
        wrong_type("tiers", "string", "array"),
        tiers="high, low",
    ),
    in_template("a template without an app", "app", "Required value", app=GONE),
    in_template(
        "a command that is no list",
        "command",
        wrong_type("worker.template.command", "string", "array"),
        command="giveway",
    ),
    in_template(
        "half a processor without quotes",
        "resources.requests.cpu",
        wrong_type("worker.template.resources.requests.cpu", "number", "integer,string"),
        resources={"requests": {"cpu": 0.5}},
    ),
    in_template(
        "a number as the value of a variable",
        "env[0].value",
        wrong_type("worker.template.env[0].value", "integer", "string"),
        env=[{"name": "PORT", "value": 80}],
    ),
    in_template(
        "a variable that stands twice",
        "env[1]",
        'Duplicate value: {"name":"A"}',
        env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
    ),
    in_template(
        "too many resources",
        "resources.limits",
        "Too many: 17: must have at most 16 items",
        resources={"limits": {f"example.com/r{n}": 1 for n in range(17)}},
    ),
    in_deployment(
        "no name",
        "metadata.name",
        "Required value: name or generateName is required",
        **{"metadata.name": GONE},
    ),
    in_deployment(
        "a name in capitals",
        "metadata.name",
        'Invalid value: "Shop": a lowercase RFC 1123 subdomain must consist of lower case '
        "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
        "character (e.g. 'example.com', regex used for validation is "
        r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        **{"metadata.name": "Shop"},
    ),
)
