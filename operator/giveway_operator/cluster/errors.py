"""What can come of a request to the API server, in one small tree.

    ClusterError
    ├── Forbidden      RBAC, admission or a quota says no
    │   └── Unauthorized   the API server does not know us (any more)
    ├── NotFound
    ├── Conflict       somebody else changed it since, or owns the field
    │   └── AlreadyExists
    ├── Gone           a page or version that the server no longer has
    ├── Invalid        it does not accept what we sent; its message names the field
    ├── NotLeading     not sent: the Lease is not, or not for long enough, ours
    └── Unreachable    no answer, or only busy ones, until the patience ended

`word`, the name of the class, is the reason for conditions and metrics; `str()` is one line that
says what to do.
"""

from dataclasses import dataclass
from typing import ClassVar

from giveway.errors import GivewayError


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as RBAC sees it. `resource` holds the subresource (`deployments/scale`)."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        what = f"{self.resource} {self.name}".rstrip()
        where = f"namespace {self.namespace}" if self.namespace else "all namespaces"
        return f"{self.verb} {what} in {where}"

    @property
    def rule(self) -> str:
        """The RBAC rule that allows it, as YAML on one line."""
        return (
            f'{{apiGroups: ["{self.group}"], resources: ["{self.resource}"], '
            f'verbs: ["{self.verb}"]}}'
        )


class ClusterError(GivewayError):
    """The API server did not do what was asked. `asked`: what that was."""

    word: ClassVar[str] = "ClusterError"

    def __init__(self, message: str, *, asked: Asked) -> None:
        super().__init__(message)
        self.asked = asked

    def __init_subclass__(cls) -> None:
        cls.word = cls.__name__


class Forbidden(ClusterError):
    """RBAC, admission or a quota says no. `rule`: what RBAC lacks, "" if it is not RBAC."""

    def __init__(self, message: str, *, asked: Asked, rule: str = "") -> None:
        super().__init__(message, asked=asked)
        self.rule = rule


class Unauthorized(Forbidden):
    """The API server does not accept our token or certificate."""


class NotFound(ClusterError):
    """There is no such object, or no such kind of object."""


class Conflict(ClusterError):
    """Somebody else changed the object since it was read, or owns the field."""


class AlreadyExists(Conflict):
    """Somebody else made it first."""


class Gone(ClusterError):
    """The page or version asked for is no longer kept; read from the start."""


class Invalid(ClusterError):
    """The API server does not accept what was sent."""


class NotLeading(ClusterError):
    """Not sent, or not waited for any longer: another operator may act from now on."""


class Unreachable(ClusterError):
    """No answer, or only busy ones, as long as patience lasted."""
