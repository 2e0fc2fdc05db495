"""The spec of an integration. Parts of the wrong shape are left out: the schema reports them."""

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
    """A readable spec with an object at its root."""

    document: Document
    root: Item

    @classmethod
    def of(cls, document: Document | None) -> Spec | None:
        """None where there is no such document."""
        root = Item.root(document)
        return cls(document, root) if document and root else None

    @cached_property
    def features(self) -> tuple[Item, ...]:
        """The features."""
        return self.root.items("features")

    @cached_property
    def resources(self) -> tuple[Item, ...]:
        """The resources of all features that have a kind."""
        found = (item for feature in self.features for item in feature.items("resources"))
        return tuple(item for item in found if item.text("kind"))

    @cached_property
    def configurations(self) -> tuple[Item, ...]:
        """The configurations that have a name."""
        return tuple(item for item in self.root.items("configurations") if item.text("name"))

    @cached_property
    def by_name(self) -> Mapping[str, Item]:
        """The configurations by name; the first of several with one name."""
        return {item.text("name"): item for item in reversed(self.configurations)}

    @cached_property
    def actions(self) -> tuple[Item, ...]:
        """The actions that have a name."""
        return tuple(item for item in self.root.items("actions") if item.text("name"))

    @cached_property
    def secrets(self) -> tuple[Item, ...]:
        """The secrets that OAuth supplies instead of configurations."""
        return self.oauth.items("requiredSecrets")

    @cached_property
    def oauth(self) -> Item:
        """The OAuth settings; empty where there are none."""
        return self.root.inner("saas", "oauthConfiguration")

    @cached_property
    def overrides(self) -> Item:
        """The configurations that OAuth sets, each to a jq expression."""
        return self.oauth.inner("valuesOverride", "integrationSpec")

    @property
    def is_of_2023(self) -> bool:
        """True for the first form of specs: a version with a leading v, no title."""
        return self.root.text("version").startswith("v") or "ingressRequired" in self.root.value


def load_spec(integration: Integration) -> Document | None:
    """The spec of an integration, readable or not; None where there is none."""
    return load_document(integration, first_present(integration, *SPEC_FILES))


def load_document(integration: Integration, path: str | None) -> Document | None:
    """The JSON or YAML document at `path`, readable or not; None for no path."""
    if path is None:
        return None
    return read_document(integration, path, json.load if path.endswith(".json") else yaml.load)


@dataclass(frozen=True)
class Peers:
    """The specs of the other integrations of the workspace, read once and only when needed."""

    fleet: Fleet
    integration: Integration

    @property
    def specs(self) -> Sequence[Spec]:
        """The readable ones."""
        found = self.fleet.keep("specs", lambda: list(_specs(self.fleet)))
        return [spec for path, spec in found if path != self.integration.path]

    def texts(self, key: str) -> Sequence[str]:
        """The texts at a key of their roots."""
        return [text for spec in self.specs if (text := spec.root.text(key))]


def _specs(fleet: Fleet) -> Iterator[tuple[str, Spec]]:
    for integration in fleet.integrations:
        if spec := Spec.of(load_spec(integration)):
            yield integration.path, spec
