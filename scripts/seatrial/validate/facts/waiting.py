"""Release intents: what waits below `.ocean-release` to become the next version of an integration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.core.model import Integration
from seatrial.core.suggest import nearest
from seatrial.core.version import BUMPS
from seatrial.documents import intents
from seatrial.documents.document import Document
from seatrial.documents.integration import read_document
from seatrial.documents.intents import BUMP, CHANGELOG, OTHER_TYPE, TYPE
from seatrial.validate.facts.package import FRAGMENT_TYPES
from seatrial.validate.facts.tree import Tree

INTENTS = ".ocean-release"
"""The folder of an integration in which intents lie, at any depth."""

SUFFIXES = (".yaml", ".yml")

TYPES = FRAGMENT_TYPES
"""What a `changelog-type` may be."""

_ALSO_CALLED = {
    "fix": "bugfix", "feat": "feature", "documentation": "doc", "enhancement": "improvement", "chore": "improvement",
}  # fmt: skip


@dataclass(frozen=True)
class Intent:
    """One file: a bump, a type of change and its text, each empty where the file does not say."""

    document: Document

    @property
    def path(self) -> str:
        """Where it lies in its integration."""
        return self.document.path

    @property
    def bump(self) -> str:
        """The part of the version to raise, in small letters, known or not."""
        return self.stated(BUMP).lower()

    @property
    def type_key(self) -> str:
        """The key at which the type stands."""
        value = self.document.value or {}
        return OTHER_TYPE if TYPE not in value and OTHER_TYPE in value else TYPE

    @property
    def type(self) -> str:
        """The type of the change, in small letters, known or not."""
        return self.stated(self.type_key).lower()

    @property
    def text(self) -> str:
        """What the changelog shall say."""
        return self.stated(CHANGELOG).strip()

    def stated(self, key: str) -> str:
        """What stands at a key, as it is written."""
        text: str = (self.document.value or {}).get(key, "")
        return text

    @property
    def is_whole(self) -> bool:
        """Whether it can be applied."""
        return self.bump in BUMPS and self.type in TYPES and bool(self.text)


@dataclass(frozen=True)
class Intents:
    """Those of an integration by path, and the other files that lie among them."""

    all: tuple[Intent, ...]
    strays: tuple[str, ...]

    @classmethod
    def of(cls, integration: Integration, tree: Tree) -> Intents:
        """Links that lead nowhere, or out of the integrations, are left out; the layout's laws speak of them."""
        below = sorted(path for path in tree.files if path.startswith(f"{INTENTS}/"))
        paths = [path for path in below if path.endswith(SUFFIXES)]
        documents = (read_document(integration, path, intents.load) for path in paths)
        return cls(tuple(Intent(one) for one in documents if one), tuple(_strays(below)))

    @property
    def bump(self) -> str:
        """The highest bump that is asked for; empty for none."""
        return max((one.bump for one in self.all if one.bump in BUMPS), key=BUMPS.index, default="")


def _strays(paths: list[str]) -> Iterator[str]:
    for path in paths:
        name = path.rpartition("/")[2]
        if not name.endswith(SUFFIXES) and not name.lower().startswith((".", "readme")):
            yield path


def meant_bump(word: str) -> str | None:
    """The bump that a wrong word was probably meant to be: itself with more behind it, or nearly so spelled."""
    first = word.lower().split()[:1]
    return first[0] if first and first[0] in BUMPS else nearest(word, BUMPS)


def meant_type(word: str) -> str | None:
    """The type that a wrong word was probably meant to be."""
    first = next(iter(word.lower().split()), "")
    known = first if first in TYPES else nearest(word.lower(), TYPES)
    return known or _ALSO_CALLED.get(first)
