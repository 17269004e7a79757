"""The arguments of a task as JSON, checked against its function at both ends.

Problem: a task is called in one process and run in another, maybe of another version. A wrong
argument must be refused where somebody still looks, and what runs must be what was meant.

Model: a call is bound to keyword names; one pydantic `TypedDict` validator over the annotations,
built once per function, reads Python values when enqueued and JSON bytes when run. Pydantic's
usual conversions apply ("3" for an `int`); what comes out is written, read back, and refused if it
is not the same: nothing changes on the way without a word.

Invariants:
- parameters are named: `*args`, `**kwargs` and positional-only ones are refused at definition;
- a parameter that was not passed is not sent: the worker's own default applies;
- the validator is built at the first use, so that importing a module of tasks stays fast. The
  worker calls `build()` before it forks, and its children share the pages.

Not here: the result (`runtime/result.py`), strict JSON from strangers (`core/raw_task.py`).
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from giveway.core.codec import nests_deeper
from giveway.core.defaults import NESTING_LIMIT, PAYLOAD_LIMIT
from giveway.core.difference import first_difference
from giveway.errors import ArgumentError, ConfigurationError, PayloadTooLarge
from giveway.runtime.hints import resolve

if TYPE_CHECKING:  # pydantic is imported when the first validator is built
    from pydantic import TypeAdapter, ValidationError

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Signature:
    """Encodes and decodes the arguments of one function.

    `skip_first`: the first parameter is the batch, which the worker supplies.
    Raises `ConfigurationError` when the function cannot be called by keyword names.
    """

    __slots__ = ("_adapter", "_fn", "_parameters", "_signature", "_validate_json", "name")

    def __init__(self, fn: Callable[..., Any], *, name: str, skip_first: bool) -> None:
        self.name = name
        self._fn = fn
        self._signature = _callable_by_name(fn, name=name, skip_first=skip_first)
        self._parameters = self._signature.parameters
        self._adapter: TypeAdapter[dict[str, Any]] | None = None
        self._validate_json: Callable[[bytes], dict[str, Any]] = self._build_and_validate

    def build(self) -> "TypeAdapter[dict[str, Any]]":
        """Build the validator now. Raises `ConfigurationError` for an annotation it cannot read."""
        if self._adapter is None:
            self._adapter = _adapter(self._fn, name=self.name, parameters=self._parameters)
            self._validate_json = self._adapter.validate_json
        return self._adapter

    def encode(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        """The call as a JSON object of keyword arguments.

        Raises `ArgumentError` naming the argument and the fix, `PayloadTooLarge` above 1 MiB.
        """
        adapter = self.build()
        validated = self._validated(adapter, self._bound(args, kwargs))
        data = self._dumped(adapter, validated)
        if len(data) > PAYLOAD_LIMIT:
            raise PayloadTooLarge(self._too_large(adapter, validated, len(data)))
        if nests_deeper(data, NESTING_LIMIT):
            raise ArgumentError(f"{self.name}: {self._deepest(adapter, validated)}")
        self._check_arrival(adapter, validated, data)
        return data

    def decode(self, payload: bytes) -> dict[str, Any]:
        """The keyword arguments in `payload`; the hot path of the worker.

        Raises `ArgumentError` naming the argument.
        """
        try:
            return self._validate_json(payload)
        except ValueError as error:  # pydantic's ValidationError is one
            raise ArgumentError(self._explain(error)) from None

    def _build_and_validate(self, payload: bytes) -> dict[str, Any]:
        return self.build().validate_json(payload)

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise ArgumentError(f"{self.name}: {error}; it takes {self._signature}") from None

    def _validated(
        self, adapter: "TypeAdapter[dict[str, Any]]", arguments: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            return adapter.validate_python(arguments)
        except ValueError as error:
            raise ArgumentError(self._explain(error)) from None

    def _dumped(self, adapter: "TypeAdapter[dict[str, Any]]", validated: dict[str, Any]) -> bytes:
        try:
            # No warnings: what pydantic would write otherwise than it reads is refused below.
            return adapter.dump_json(validated, warnings=False)
        except Exception as error:  # noqa: BLE001 -- a serializer of the user's may raise anything
            name = self._first(validated, lambda one: not _dumps(adapter, one))
            raise ArgumentError(f"{self.name}: argument {name!r} {_why_not_json(error)}") from None

    def _check_arrival(
        self, adapter: "TypeAdapter[dict[str, Any]]", validated: dict[str, Any], data: bytes
    ) -> None:
        try:
            arrives = adapter.validate_json(data)
        except ValueError as error:
            name = self._first(validated, lambda one: not _reads(adapter, one))
            raise ArgumentError(
                f"{self.name}: argument {name!r} would not be readable ({_message(error)}); "
                "pass a plain JSON value"
            ) from None
        for name, value in validated.items():
            if difference := first_difference(value, arrives.get(name), path=name):
                raise ArgumentError(f"{self.name}: argument {difference}")

    def _explain(self, error: ValueError) -> str:
        errors = getattr(error, "errors", None)
        if errors is None:
            return f"{self.name}: {error}"
        return f"{self.name}: {_first_problem(error)}"  # type: ignore[arg-type]  # checked above

    def _too_large(
        self, adapter: "TypeAdapter[dict[str, Any]]", validated: dict[str, Any], size: int
    ) -> str:
        sizes = {
            name: len(adapter.dump_json({name: v}, warnings=False)) for name, v in validated.items()
        }
        largest = max(sizes, key=lambda name: sizes[name])
        return (
            f"{self.name}: the arguments have {size} bytes as JSON, the limit is {PAYLOAD_LIMIT}; "
            f"the largest is {largest!r} ({sizes[largest]}): store the data and pass its name"
        )

    def _deepest(self, adapter: "TypeAdapter[dict[str, Any]]", validated: dict[str, Any]) -> str:
        def deep(one: dict[str, Any]) -> bool:
            return nests_deeper(adapter.dump_json(one, warnings=False), NESTING_LIMIT)

        name = self._first(validated, deep)
        return f"argument {name!r} is nested deeper than {NESTING_LIMIT} levels"

    @staticmethod
    def _first(validated: dict[str, Any], wrong: Callable[[dict[str, Any]], bool]) -> str:
        return next((name for name, value in validated.items() if wrong({name: value})), "?")


def _callable_by_name(fn: Callable[..., Any], *, name: str, skip_first: bool) -> inspect.Signature:
    signature = inspect.signature(fn)
    parameters = list(signature.parameters.values())
    if skip_first:
        if not parameters or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
            raise ConfigurationError(f"batch {name}: its first parameter must be the batch")
        del parameters[0]
    for parameter in parameters:
        if parameter.kind not in _NAMED:
            raise ConfigurationError(
                f"task {name}: parameter {parameter} cannot be passed by name; "
                "arguments travel as named JSON values, so give it a name and no * or /"
            )
    return signature.replace(parameters=parameters)


def _adapter(
    fn: Callable[..., Any], *, name: str, parameters: Any
) -> "TypeAdapter[dict[str, Any]]":
    from typing import NotRequired

    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticUserError
    from typing_extensions import TypedDict  # pydantic refuses typing's own before Python 3.12

    fields: dict[str, Any] = {}
    for parameter in parameters.values():
        hint = resolve(fn, parameter.annotation, where=f"task {name}: parameter {parameter.name!r}")
        fields[parameter.name] = hint if parameter.default is parameter.empty else NotRequired[hint]
    make: Any = TypedDict  # mypy wants fields that are known before the program runs
    config = ConfigDict(extra="forbid", allow_inf_nan=False)
    try:
        arguments: Any = make(name, fields)
        arguments.__pydantic_config__ = config
        return TypeAdapter(arguments)
    except (PydanticUserError, TypeError) as error:
        raise ConfigurationError(
            f"task {name}: an annotation cannot be carried as JSON ({str(error).splitlines()[0]}); "
            "use plain types, dataclasses or pydantic models"
        ) from None


def _first_problem(error: "ValidationError") -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    message = problem["msg"]
    if not problem["loc"]:
        return f"arguments: {message}"
    name, *inner = problem["loc"]
    place = f"argument {str(name)!r}" + (f" at {'.'.join(map(str, inner))}" if inner else "")
    match problem["type"]:
        case "missing":
            return f"{place} is missing"
        case "extra_forbidden":
            return f"{place} is unknown; the task has no such parameter"
    return f"{place}: {message}"


def _dumps(adapter: "TypeAdapter[dict[str, Any]]", arguments: dict[str, Any]) -> bool:
    try:
        adapter.dump_json(arguments, warnings=False)
    except Exception:  # noqa: BLE001 -- as in _dumped
        return False
    return True


def _reads(adapter: "TypeAdapter[dict[str, Any]]", arguments: dict[str, Any]) -> bool:
    """Whether one argument is valid where it arrives; that the others are missing is no matter."""
    try:
        adapter.validate_json(adapter.dump_json(arguments, warnings=False))
    except ValueError as error:
        problems = error.errors(include_url=False)  # type: ignore[attr-defined]  # pydantic's own
        return all(problem["type"] == "missing" for problem in problems)
    return True


def _message(error: ValueError) -> str:
    problem = error.errors(include_url=False)[0]  # type: ignore[attr-defined]  # pydantic's own
    return str(problem["msg"])


def _why_not_json(error: Exception) -> str:
    text = str(error)
    if "surrogate" in text:
        return "holds text with half of a surrogate pair; pass text that is valid Unicode"
    if "utf-8" in text:
        return "holds bytes that are no UTF-8; pass base64 text"
    if "Circular" in text or isinstance(error, RecursionError):
        return f"is nested deeper than {NESTING_LIMIT} levels or contains itself"
    return f"cannot be carried as JSON ({text.splitlines()[0]}); pass plain JSON values"
