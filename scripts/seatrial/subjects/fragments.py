"""The changelog's fragments: one file a change, until towncrier writes them into `CHANGELOG.md`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from seatrial.errors import Unreadable
from seatrial.model import Integration
from seatrial.subjects.tree import Tree

FOLDER = "changelog"

_NO_FRAGMENTS = ("readme", "template")


@dataclass(frozen=True)
class Fragment:
    """A change that waits, and the text of it."""

    path: str
    text: str

    def has_type(self, types: Collection[str]) -> bool:
        """Whether its name says which of these types it is, as `<issue>.<type>.md` does."""
        return any(part in types for part in self.path.rpartition("/")[2].split(".")[1:])

    def stands_in(self, changelog: bytes) -> bool:
        """Whether its first line is already in the changelog."""
        line = next((line.strip() for line in self.text.split("\n") if line.strip()), "")
        return bool(line) and line.encode() in changelog


def fragments_of(integration: Integration, tree: Tree) -> tuple[Fragment, ...]:
    """The fragments, by name; what cannot be read has no text."""
    names = (
        name for name in sorted(tree.within(FOLDER)) if not name.lower().startswith((".", *_NO_FRAGMENTS))
    )
    paths = (path for name in names if (path := f"{FOLDER}/{name}") in tree.files)
    return tuple(Fragment(path, _text(integration, path)) for path in paths)


def _text(integration: Integration, path: str) -> str:
    try:
        return integration.read(path).decode("utf-8", "replace")
    except Unreadable:
        return ""
