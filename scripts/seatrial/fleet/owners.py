"""The owners of integrations, by the file CODEOWNERS as GitHub reads it.

Source: GitHub's documentation, "About code owners": the last pattern that matches a file decides, a pattern without
owners takes them away, a line with a fault is skipped, and `!` and `[ ]` have no meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Integration, join
from seatrial.system.folder import DiskFolder
from seatrial.workspace.workspace import Workspace, below_checkout

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where the file may be, the first before the others."""

MOST_BYTES = 3 * 1024 * 1024
"""GitHub reads no larger file."""

MOST_COMPARED = 500_000
"""The most comparisons of a file with a pattern for the owner of one integration."""

_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^@\s]+@[^@\s]+")
_ANY = "**"


@dataclass(frozen=True)
class OwnerPattern:
    """A pattern of paths, as parts between its slashes, and the owners of what it matches, none to take them away.

    With `is_below`, it also matches all below a folder that it matches, with `is_folder` only that.
    """

    parts: tuple[str, ...]
    owners: tuple[str, ...]
    is_below: bool
    is_folder: bool

    @cached_property
    def literals(self) -> frozenset[str]:
        """The parts without `*` and `?`, each of which is a name in any path that it matches."""
        return frozenset(part for part in self.parts if not set("*?") & set(part))

    @classmethod
    def of(cls, text: str, owners: Sequence[str]) -> OwnerPattern:
        """Return a pattern as it is written; one with a slash before its end begins at the root."""
        inner = text.strip("/")
        is_rooted = "/" in text.rstrip("/")
        parts = ([] if is_rooted else [_ANY]) + [part for part in inner.split("/") if part]
        ends_in_star = is_rooted and parts[-1:] == ["*"]
        return cls(tuple(parts), tuple(owners), not ends_in_star, text.endswith("/"))

    def matches(self, path: str) -> bool:
        """Return whether a file is one that it is about."""
        names = path.split("/")
        reached = {0}
        for index, name in enumerate(names):
            reached = self._after(reached, name)
            is_file = index == len(names) - 1
            if len(self.parts) in reached and (is_file or self.is_below) and not (is_file and self.is_folder):
                return True
        return False

    def _after(self, reached: set[int], name: str) -> set[int]:
        """Return the parts that may come next, after a name of a path, from those that may be next now."""
        found = set()
        for at in self._with_skipped(reached):
            part = self.parts[at] if at < len(self.parts) else None
            if part == _ANY:
                found |= {at, at + 1} if at == len(self.parts) - 1 else {at}
            elif part is not None and _fits(part, name):
                found.add(at + 1)
        return found

    def _with_skipped(self, reached: set[int]) -> set[int]:
        """Return these parts, and those behind a `**` among them, which may stand for nothing."""
        found = set(reached)
        for at in range(len(self.parts)):
            if at in found and self.parts[at] == _ANY:
                found.add(at + 1)
        return found


def _fits(pattern: str, name: str) -> bool:
    """Return whether a name fits a pattern with `*` and `?`, in time that grows with both lengths at most."""
    at, place, star, mark = 0, 0, -1, 0
    while at < len(name):
        if place < len(pattern) and pattern[place] == "*":
            star, mark = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", name[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = mark, star + 1
        else:
            return False
    return not pattern[place:].strip("*")


def parse(text: str) -> list[OwnerPattern]:
    """Return the patterns of a CODEOWNERS file in order, without lines that GitHub skips."""
    found = []
    for line in text.splitlines():
        words = re.findall(r"(?:\\.|[^\s\\])+", line.strip())
        comment = next((at for at, word in enumerate(words) if word.startswith("#")), len(words))
        words = words[:comment]
        if words and _is_sound(words[0]) and all(map(_OWNER.fullmatch, words[1:])):
            found.append(OwnerPattern.of(words[0].replace("\\ ", " "), words[1:]))
    return found


def _is_sound(pattern: str) -> bool:
    return bool(pattern.strip("/")) and not pattern.startswith("!") and not set("[]") & set(pattern)


def owners_of(patterns: Sequence[OwnerPattern], path: str) -> tuple[str, ...]:
    """Return the owners of a file: those of the last pattern that matches it."""
    return next((one.owners for one in reversed(patterns) if one.matches(path)), ())


class Owners:
    """The owners of the integrations of a repository."""

    def __init__(self, patterns: Sequence[OwnerPattern], above: str = "") -> None:
        """`above` is where the root of the workspace lies in the repository."""
        self._patterns = patterns
        self._above = above

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Owners:
        """Read CODEOWNERS of the repository. Raises UsageError where there is none, or it cannot be read."""
        checkout = workspace.checkout
        folder = DiskFolder(checkout, checkout, None)
        path = next((path for path in PLACES if folder.entry(path)), None)
        if path is None:
            raise UsageError(f"owner is read from CODEOWNERS, and there is none of {', '.join(PLACES)}")
        try:
            data = folder.read(path)
        except Unreadable as reason:
            raise UsageError(f"{path} cannot be read: {reason}") from None
        if len(data) > MOST_BYTES:
            raise UsageError(f"{path} is larger than 3 MB, which GitHub does not read")
        above = below_checkout(workspace.root, checkout)
        return cls(parse(data.decode("utf-8", "replace")), above)

    def of(self, integration: Integration) -> Sequence[str]:
        """Return the owners of most files of an integration, of which there may be several, or none.

        Only patterns whose literal parts it has are compared with its files, for there may be thousands. Raises
        UsageError where that would still be more than `MOST_COMPARED` comparisons.
        """
        prefix = join(self._above, integration.path)
        paths = [join(prefix, path) for path in integration.paths()]
        names = {name for path in paths for name in path.split("/")}
        near = [one for one in self._patterns if one.literals <= names]
        if len(near) * len(paths) > MOST_COMPARED:
            raise UsageError(
                f"CODEOWNERS has {len(near):,} patterns that may match one of the {len(paths):,} files of "
                f"{integration.name}, too many to tell its owner; choose by another field"
            )
        counts = Counter(owners_of(near, path) for path in paths)
        return max(counts.items(), key=lambda item: (item[1], item[0]))[0] if counts else ()
