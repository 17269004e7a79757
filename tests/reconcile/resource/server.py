"""PriorityQueues on the API server, as these tests ask for them."""

import re
from typing import Any

from tests.cluster.api import Api, Refused
from tests.cluster.cluster import Cluster
from tests.priorityqueues.documents import Document

# Before a rule's own message: what kind of value the whole part is, which tells a person nothing.
_HEAD = re.compile(r'^Invalid value: ("object"|"string"|"integer"|""): (?!.* in body )')
_MORE = "some validation rules were not checked"


class Queues:
    """The PriorityQueues of one namespace."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.api: Api = cluster.api
        self.root = f"/apis/giveway.dev/v1alpha1/namespaces/{namespace}/priorityqueues"

    def create(self, document: Document, *, strict: bool = True) -> Document:
        asked = "Strict" if strict else "Ignore"
        made: Document = self.api.post(f"{self.root}?fieldValidation={asked}", document)
        return made

    def complaints(self, document: Document) -> list[tuple[str, str]]:
        """What is said when it is created, nothing if it would be: fields and messages."""
        try:
            self.api.post(f"{self.root}?fieldValidation=Strict&dryRun=All", document)
        except Refused as refusal:
            if refusal.status != 422:
                raise
            return complaints(refusal)
        return []

    def get(self, name: str, part: str = "") -> Any:
        return self.api.get(f"{self.root}/{name}{part}")

    def merge(self, name: str, change: Document, part: str = "") -> Any:
        return self.api.merge(f"{self.root}/{name}{part}", change)


def complaints(refusal: Refused) -> list[tuple[str, str]]:
    """The fields that are wrong, in our words for them."""
    found = [(field, _HEAD.sub("", message)) for field, message in refusal.causes]
    # A rule about metadata can point at nothing but the whole.
    placed = [("metadata.name" if field == "<nil>" else field, text) for field, text in found]
    return [(field, text) for field, text in placed if _MORE not in text]
