"""What a spec says, read tolerantly: what has the wrong shape is left out, for the schema speaks of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.model import Fleet, Integration
from seatrial.documents import json, yaml
from seatrial.documents.document import Document
from seatrial.documents.integration import SPEC_FILES, first_present, read_document
from seatrial.validate.facts.items import Item


@dataclass(frozen=True)
class Spec:
    """The spec of an integration: a readable document with an object at its root."""

    document: Document
    root: Item

    @classmethod
    def of(cls, document: Document | None) -> Spec | None:
        """None where there is no such document."""
        if document is None or not document.readable or not isinstance(document.value, dict):
            return None
        return cls(document, Item((), document.value))

    @cached_property
    def features(self) -> tuple[Item, ...]:
        """The features."""
        return self.root.items("features")

    @cached_property
    def resources(self) -> tuple[Item, ...]:
        """The resources of all features that state a kind."""
        found = (item for feature in self.features for item in feature.items("resources"))
        return tuple(item for item in found if item.text("kind"))

    @cached_property
    def configurations(self) -> tuple[Item, ...]:
        """The configurations that state a name."""
        return tuple(item for item in self.root.items("configurations") if item.text("name"))

    @cached_property
    def by_name(self) -> Mapping[str, Item]:
        """The configurations by their name; of two with one name the first."""
        return {item.text("name"): item for item in reversed(self.configurations)}

    @cached_property
    def actions(self) -> tuple[Item, ...]:
        """The actions that state a name."""
        return tuple(item for item in self.root.items("actions") if item.text("name"))

    @cached_property
    def secrets(self) -> tuple[Item, ...]:
        """What OAuth brings in place of configurations."""
        return self.oauth.items("requiredSecrets")

    @cached_property
    def oauth(self) -> Item:
        """How OAuth is set up; empty where it is not."""
        return self.root.inner("saas", "oauthConfiguration")

    @cached_property
    def overrides(self) -> Item:
        """The configurations that OAuth sets, each to a jq expression."""
        return self.oauth.inner("valuesOverride", "integrationSpec")

    @property
    def is_of_2023(self) -> bool:
        """Whether it has the first form of specs: a version with a leading v, no title."""
        return self.root.text("version").startswith("v") or "ingressRequired" in self.root.value


def load_spec(integration: Integration) -> Document | None:
    """The spec of an integration, readable or not; None where there is none."""
    path = first_present(integration, *SPEC_FILES)
    if path is None:
        return None
    return read_document(integration, path, json.load if path.endswith(".json") else yaml.load)


@dataclass(frozen=True)
class Peers:
    """The specs of the other integrations of the workspace: read once, and only when asked for."""

    fleet: Fleet
    integration: Integration

    @property
    def specs(self) -> Sequence[Spec]:
        """Those that can be read."""
        found = self.fleet.keep("specs", lambda: list(_specs(self.fleet)))
        return [spec for path, spec in found if path != self.integration.path]

    def texts(self, key: str) -> Sequence[str]:
        """What they state at this key."""
        return [text for spec in self.specs if (text := spec.root.text(key))]


def _specs(fleet: Fleet) -> Iterator[tuple[str, Spec]]:
    for integration in fleet.integrations:
        spec = Spec.of(load_spec(integration))
        if spec is not None:
            yield integration.path, spec
