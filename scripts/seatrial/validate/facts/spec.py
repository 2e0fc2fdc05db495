"""The spec of an integration. Parts of the wrong shape are left out: the schema reports them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from seatrial import documents
from seatrial.core.model import Fleet, Integration, Location
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

    def holding(self, where: Location) -> Item | None:
        """The configuration that begins at a place."""
        return next((one for one in self.configurations if self.document.at(*one.keys) == where), None)

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
    return read_document(integration, path, documents.load)


_LINK = re.compile(r"<a\s[^<>]{1,2000}>", re.I)
_NEW_PAGE = re.compile(r"target\s*=\s*(['\"]?)_blank\b", re.I)


def links(spec: Spec) -> Iterator[tuple[Item, bool]]:
    """Each configuration with a link in its description, and whether all its links open a new page."""
    for item in spec.configurations:
        found = _LINK.findall(item.text("description"))
        if found:
            yield item, all(map(_NEW_PAGE.search, found))


def spec_habits(integration: Integration) -> dict[str, Any] | None:
    """What others may take as a habit from a spec; None where it cannot be read.

    That is whether it has a title, its keys, its documentation, icon and sections, and for each configuration with
    links whether they open a new page.
    """
    spec = Spec.of(load_spec(integration))
    if spec is None:
        return None
    return {
        "title": bool(spec.root.text("title")),
        "keys": sorted(map(str, spec.root.value)),
        "docs": spec.root.text("docs"),
        "icon": spec.root.text("icon"),
        "sections": sorted({feature.text("section") for feature in spec.features}),
        "links": [opens for _, opens in links(spec)],
    }


_Habits: TypeAlias = Mapping[str, Any]
"""What `spec_habits` says of a spec."""


@dataclass(frozen=True)
class PeerCounts:
    """How often values occur among all specs, less the `own` ones."""

    counts: Counter[Any]
    everything: int
    own: Counter[Any]

    @property
    def total(self) -> int:
        """How many values there are."""
        return self.everything - self.own.total()

    def of(self, value: Any) -> int:
        """How often there is this one."""
        return self.counts[value] - self.own[value]


@dataclass(frozen=True)
class Peers:
    """The habits of the readable specs of the other integrations of the workspace, counted only when needed."""

    fleet: Fleet
    integration: Integration

    @property
    def size(self) -> int:
        """How many there are."""
        return self.counted("readable", lambda habits: [""]).total

    def counted(self, name: str, of: Callable[[_Habits], Iterable[Any]]) -> PeerCounts:
        """How often each value is among those `of` the habits; counted once for the whole fleet, under this name."""
        told = self.fleet.each(spec_habits)

        def all_counted() -> tuple[Counter[Any], int]:
            counts = Counter(value for habits in told.values() if habits for value in of(habits))
            return counts, counts.total()

        counts, total = self.fleet.keep((spec_habits.__name__, name), all_counted)
        own = told.get(self.integration.path)
        return PeerCounts(counts, total, Counter(of(own) if own else ()))

    def texts(self, key: str) -> PeerCounts:
        """How often each documentation or icon is stated."""
        return self.counted(key, lambda habits: [habits[key]] if habits[key] else [])
