"""What the operator reads of an object's metadata, and the annotations that steer a resource."""

from typing import Final

from pydantic import Field

from giveway_operator.model.part import Part

PAUSE_ANNOTATION: Final = "giveway.dev/pause"
DRY_RUN_ANNOTATION: Final = "giveway.dev/dry-run"


class Metadata(Part):
    """What the operator reads of an object's metadata."""

    name: str
    namespace: str = "default"
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
