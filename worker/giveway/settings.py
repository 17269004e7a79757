"""Every setting, in one place: a field here is `GIVEWAY_<FIELD>` in the environment.

Model: arguments (of `Giveway`, of the command line) win over the environment, which wins over the
defaults. Nothing else is read: no `.env` file, no secrets folder, so that a pod's manifest tells
the whole truth. A bad value is one line that names the variable and what it takes.

Invariants: settings are immutable once loaded; a password never appears in an error or a repr.

The module costs a tenth of a second to import and is therefore imported by whoever first needs a
setting, never by `import giveway`. Defaults that an app needs earlier: `core/defaults.py`.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from giveway.core.defaults import DEFAULT_TIERS
from giveway.core.tiers import check_tiers
from giveway.errors import ConfigurationError
from giveway.store.access import Access

PREFIX = "GIVEWAY_"


class RedisSettings(BaseModel):
    """Where Redis is."""

    redis_url: str = Field(default="redis://127.0.0.1:6379/0", min_length=1, repr=False)
    """redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://."""

    redis_password_file: Path | None = None
    """A file with the password, read again at every connect, so that it can be rotated."""

    redis_ca_file: Path | None = None
    """Whom to trust with rediss://; without it, whom the system trusts."""

    redis_cert_file: Path | None = None
    """This worker's certificate, where the server asks for one (mutual TLS)."""

    redis_key_file: Path | None = None
    """The private key of that certificate."""

    @property
    def redis_access(self) -> Access:
        """The files, as the store wants them."""
        return Access(
            password_file=self.redis_password_file,
            ca_file=self.redis_ca_file,
            cert_file=self.redis_cert_file,
            key_file=self.redis_key_file,
        )


class QueueSettings(BaseModel):
    """Which queue, and what tiers it has."""

    queue: str | None = Field(default=None, min_length=1)
    """The queue of commands that are given no app."""

    tiers: tuple[str, ...] = DEFAULT_TIERS
    """Names, the most urgent first; in the environment with commas between them."""

    @field_validator("tiers", "worker_tiers", mode="before", check_fields=False)
    @classmethod
    def _with_commas(cls, value: object) -> object:
        return tuple(map(str.strip, value.split(","))) if isinstance(value, str) else value

    @field_validator("tiers")
    @classmethod
    def _are_tiers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return check_tiers(value)
        except ConfigurationError as error:
            raise ValueError(str(error)) from None


class WorkerSettings(BaseModel):
    """How a worker works."""

    processes: int = Field(default=1, ge=1, le=1024)
    """Child processes of one worker."""

    slots: int = Field(default=1, ge=1, le=1024)
    """Tasks at a time in one process."""

    worker_tiers: tuple[str, ...] = ()
    """The tiers this worker serves; none named: all of them."""

    lease_seconds: float = Field(default=30, ge=2, le=3600)
    """After how long without a sign of life a task goes to another worker."""

    grace_seconds: float = Field(default=20, ge=0, le=24 * 3600)
    """How long running tasks may take to finish after SIGTERM."""

    preemption: bool = True
    """False: batches save their progress but never give way (to measure what it is worth)."""

    max_tasks: int | None = Field(default=None, ge=1)
    """A process is replaced after about so many tasks (up to a tenth fewer, at random)."""

    max_memory_mb: int | None = Field(default=None, ge=1)
    """A process is replaced once it holds about so much memory (RSS in MiB; up to a tenth less)."""

    max_age_seconds: float | None = Field(default=None, gt=0)
    """A process is replaced when it is about as old as this (up to a tenth younger)."""

    metrics_port: int = Field(default=9400, ge=0, le=65535)
    """Where /metrics, /healthz and /readyz are served; 0: nowhere."""

    log: Literal["text", "json"] | None = None
    """Lines for people, or JSON; without it as the app has set up logging, else text."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least level that is written."""


class Settings(RedisSettings, QueueSettings, WorkerSettings, BaseSettings):
    """The settings of this process. Read with `load`, which explains bad values."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- ours reads lists without JSON
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- see the module's docstring
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, _Environment(settings_cls))


class _Environment(EnvSettingsSource):
    """Variables as they stand: a list is "high,normal,low" and not JSON."""

    def decode_complex_value(self, _name: str, _field: Any, value: Any) -> Any:
        return value


def load(**arguments: Any) -> Settings:
    """The settings, with `arguments` (those that are not None) before the environment.

    Raises `ConfigurationError`: one line naming the variable or argument and what it takes.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise ConfigurationError(_explain(error, given)) from None


def _explain(error: ValidationError, given: dict[str, Any]) -> str:
    problem = error.errors(include_url=False)[0]
    field = str(problem["loc"][0]) if problem["loc"] else "?"
    name = field if field in given else f"{PREFIX}{field.upper()}"
    # An address may hold a password: what was given is shown of other settings only.
    value = "" if field.startswith("redis_") else f"={problem['input']!s:.60}"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{name}{value}: {message}{_example(field)}"


def _example(field: str) -> str:
    default = Settings.model_fields[field].default if field in Settings.model_fields else None
    if default is None or default == ():
        return ""
    shown = ",".join(default) if isinstance(default, tuple) else default
    return f" (default: {shown})"
