"""Every setting of the operator: a field here is `GIVEWAY_OPERATOR_<FIELD>` in the environment.

As in `giveway.settings`: arguments win over the environment, which wins over the defaults; nothing
else is read; a bad value is one line that names the variable and what it takes. What belongs to one
queue (bounds, windows, pause) is in its resource and not here.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from giveway.errors import ConfigurationError

PREFIX = "GIVEWAY_OPERATOR_"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# A pod is told of each Service in its namespace, and one of these may be named giveway-operator.
_OF_A_SERVICE = re.compile(
    r"(.*_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_\d+_(TCP|UDP|SCTP)(_.+)?)=.*"
    r"|(.*_)?PORT=(tcp|udp|sctp)://.*"
)


class OperatorSettings(BaseSettings):
    """The settings of this process. Read with `load`, which explains bad values."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    namespaces: Annotated[tuple[str, ...], NoDecode] = ()
    """Where PriorityQueues are looked for, with commas between; none: the whole cluster."""

    poll_seconds: float = Field(default=2.0, ge=0.2, le=60)
    """How often every queue is looked at. A push rings the bell and does not wait for it."""

    bell: bool = True
    """False: nobody listens for pushes; a queue at zero is seen at the next poll."""

    cluster_seconds: float = Field(default=30.0, ge=1, le=600)
    """How often Deployments and pods are listed. Before anything is removed they are read anew."""

    recycle_seconds: float = Field(default=15.0, ge=1, le=600)
    """How often stale connections, and pods that do not get on, are looked for."""

    lease: bool = True
    """False: no leader is elected. Only where nothing else could ever act on the same queues."""

    lease_name: str = Field(default="giveway-operator", min_length=1)
    """The Lease that says which of several operators acts."""

    lease_namespace: str = ""
    """Where that Lease is; empty: the namespace that this pod is in, else "default"."""

    lease_seconds: float = Field(default=10.0, ge=3, le=120)
    """After how long of silence another operator takes over."""

    service_accounts: Annotated[tuple[str, ...], NoDecode] = ()
    """The ServiceAccounts that a template may name, with commas between; none: no one."""

    metrics_port: int = Field(default=9401, ge=0, le=65535)
    """Where /metrics, /healthz and /readyz are served; 0: nowhere."""

    stalled_seconds: float = Field(default=60.0, ge=5, le=3600)
    """/healthz answers 503 when the last finished look at the queues is older than this."""

    watch_seconds: int = Field(default=120, ge=5, le=300)
    """A watch on PriorityQueues is opened anew after so long."""

    list_seconds: float = Field(default=60.0, ge=2, le=3600)
    """How often the list of PriorityQueues is read beside the watch, which may fall silent."""

    context: str = ""
    """The context of the kubeconfig, outside of a cluster; empty: the current one."""

    status_writes_per_second: float = Field(default=20.0, gt=0, le=1000)
    """At most so many writes of status a second, over all queues."""

    status_seconds: float = Field(default=10.0, ge=0, le=600)
    """Numbers in the status of a busy queue are written at most so often; what changes a decision,
    a condition or a replica count is written at once."""

    log: Literal["text", "json"] = "text"
    """Lines for people, or JSON."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least level that is written."""

    @field_validator("namespaces", "service_accounts", mode="before")
    @classmethod
    def _with_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name for name in map(str.strip, value.split(",")) if name)
        return value

    @field_validator("namespaces", "lease_name", "lease_namespace")
    @classmethod
    def _are_names(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for name in (value,) if isinstance(value, str) else value:
            if name and not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name in Kubernetes: use a-z, 0-9 and -")
        return value


def load(**arguments: Any) -> OperatorSettings:
    """The settings, with `arguments` (those that are not None) before the environment.

    Raises `ConfigurationError`: one line naming the variable or argument and what it takes.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return OperatorSettings(**given)
    except ValidationError as error:
        raise ConfigurationError(_explain(error, given)) from None


def misspelt(environment: Mapping[str, str]) -> list[str]:
    """One line for each variable that looks like a setting and is none."""
    known = [field.upper() for field in OperatorSettings.model_fields]
    lines = []
    for name, value in sorted(environment.items()):
        prefix, given = name[: len(PREFIX)].upper(), name[len(PREFIX) :].upper()  # as it is read
        if prefix != PREFIX or given in known or _OF_A_SERVICE.fullmatch(f"{given}={value}"):
            continue
        close = get_close_matches(given, known, n=1, cutoff=0.7)
        told = f"did you mean {PREFIX}{close[0]}?" if close else "docs/operator.md lists them"
        lines.append(f"{name} is no setting and counts for nothing: {told}")
    return lines


def _explain(error: ValidationError, given: dict[str, Any]) -> str:
    problem = error.errors(include_url=False, include_input=True)[0]
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    field = str(problem["loc"][0])
    name = field if field in given else f"{PREFIX}{field.upper()}"
    known = OperatorSettings.model_fields.get(field)
    example = f" (default: {known.default})" if known and known.default not in ("", ()) else ""
    return f"{name}={problem['input']!s:.60}: {message}{example}"
