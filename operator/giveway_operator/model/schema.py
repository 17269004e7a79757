"""From pydantic's JSON schema to a structural schema, as the API server wants it.

Differences, each of which the API server refuses: `$ref` (everything is written out), `anyOf` with
null (a field that may be absent is just not required), `const` (an enum of one), bounds as
numbers of their own (`exclusiveMinimum` is a flag), `propertyNames`, and titles.

Invariants: a field with a rule inside has its full default, since `{}` would be judged by the rule;
an empty list is no default, it would stand in every stored object.

`structural` is our own form: a text's shape is a pattern with the words for it, which `admission`
reads. `published` is the API server's: that shape is a rule with those words.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from giveway_operator.model.part import SAYS, Part
from giveway_operator.model.rule import Rule

Schema = dict[str, Any]

_DROPPED = frozenset({"title", "$defs", "propertyNames"})
_FIRST = ("description", "type", "format", "required", "default", "enum")


def structural(part: type[Part], *, rules: Sequence[Rule] = (), defaults: bool = True) -> Schema:
    """The schema of a part. `defaults` False: what others write, and are to write in full."""
    raw = part.model_json_schema(by_alias=True)
    made = _Writer(raw.get("$defs", {}), _by_name(rules), defaults=defaults)
    return made.written(raw, name=part.__name__)


def published(schema: Schema) -> Schema:
    """The same for the API server: words of our own become rules."""
    out = {key: _published(value, key) for key, value in schema.items() if key != SAYS}
    if SAYS in schema:
        out.pop("minLength", None)
        matched = "string(self)" if out.get("x-kubernetes-int-or-string") else "self"
        rule = f"{matched}.matches(r'{out.pop('pattern')}')"
        out["x-kubernetes-validations"] = [{"rule": rule, "message": schema[SAYS]}]
    if "description" in out:
        told = [out["description"], _bounds(schema), _default(schema)]
        out["description"] = " ".join(text for text in told if text)
    return out


def _bounds(schema: Schema) -> str:
    """`kubectl explain` shows no bounds."""
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{_from(least, schema)} to {most:,}."
    return f"At most {schema['maxItems']}." if "maxItems" in schema else ""


def _from(least: float, schema: Schema) -> str:
    return f"Above {least:g}, up" if schema.get("exclusiveMinimum") else f"From {least:g}"


def _default(schema: Schema) -> str:
    """Nor defaults. Of an object, each field has its own."""
    default = schema.get("default")
    if default in (None, "") or isinstance(default, dict):
        return ""
    return f"Default: {str(default).lower() if isinstance(default, bool) else default}."


def validations(rules: Sequence[Rule]) -> list[Schema]:
    """The rules of one part, as the API server reads them."""
    return [
        {
            "rule": rule.cel,
            "message": rule.message,
            **({"fieldPath": f".{rule.field}"} if rule.field else {}),
        }
        for rule in rules
    ]


def _published(value: Any, key: str) -> Any:
    if key == "properties":
        return {name: published(one) for name, one in value.items()}
    return published(value) if key in ("items", "additionalProperties") else value


def _by_name(rules: Sequence[Rule]) -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.on.__name__, []).append(rule)
    return found


class _Writer:
    """Writes one schema. `parts`: pydantic's definitions by the name of their class."""

    def __init__(
        self, parts: Mapping[str, Schema], rules: Mapping[str, Sequence[Rule]], *, defaults: bool
    ) -> None:
        self._parts, self._rules, self._defaults = parts, rules, defaults

    def written(self, raw: Schema, *, name: str = "") -> Schema:
        raw, name = self._resolved(raw, name)
        out = {key: value for key, value in raw.items() if key not in _DROPPED}
        self._plain(out)
        if "properties" in out:
            out["properties"] = {
                field: self.written(one) for field, one in out["properties"].items()
            }
        for inner in ("items", "additionalProperties"):
            if isinstance(out.get(inner), dict):
                out[inner] = self.written(out[inner])
        if name in self._rules:
            out["x-kubernetes-validations"] = validations(self._rules[name])
        return _ordered(out)

    def _resolved(self, raw: Schema, name: str) -> tuple[Schema, str]:
        """Without references and without null; what stands beside a reference wins."""
        if "anyOf" in raw:
            (choice,) = [one for one in raw["anyOf"] if one != {"type": "null"}]
            raw = choice | {key: value for key, value in raw.items() if key != "anyOf"}
        if "allOf" in raw:  # how pydantic before 2.9 puts words beside a reference
            (only,) = raw["allOf"]
            raw = only | {key: value for key, value in raw.items() if key != "allOf"}
        if "$ref" in raw:
            name = raw["$ref"].rpartition("/")[2]
            raw = self._parts[name] | {key: value for key, value in raw.items() if key != "$ref"}
        return raw, name

    def _plain(self, out: Schema) -> None:
        """The words that the API server has for what pydantic says, in place."""
        if "const" in out:
            out["enum"] = [out.pop("const")]
        if "exclusiveMinimum" in out:
            out |= {"minimum": out.pop("exclusiveMinimum"), "exclusiveMinimum": True}
        for bound in ("minimum", "maximum"):  # 5.0 for pydantic 2.7, 5 for later ones
            if isinstance(value := out.get(bound), float) and value.is_integer():
                out[bound] = int(value)
        if out.get("type") == "integer":
            out["format"] = "int32" if out.get("maximum", 2**63) < 2**31 else "int64"
        if "description" in out:
            out["description"] = _flowing(out["description"])
        default = _without_null(out.pop("default", None))
        if self._defaults and default not in (None, []):
            out["default"] = default


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(each) for key, each in value.items() if each is not None}
    return value


def _flowing(text: str) -> str:
    """Paragraphs without line breaks inside: the reader's terminal breaks them."""
    return "\n".join(" ".join(one.split()) for one in text.strip().split("\n\n"))


def _ordered(schema: Schema) -> Schema:
    """What a reader asks first stands first."""
    keys = [key for key in _FIRST if key in schema]
    return {key: schema[key] for key in [*keys, *(key for key in schema if key not in _FIRST)]}
