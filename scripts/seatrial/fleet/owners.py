"""The owners of integrations, by the file CODEOWNERS as GitHub reads it.

Source: GitHub's documentation, "About code owners": the last pattern that matches a file decides, a pattern without
owners removes them, an invalid line is skipped, and `!` and `[ ]` are not supported.
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
"""The paths of the file; the first that is there counts."""

MOST_BYTES = 3 * 1024 * 1024
"""GitHub reads no larger file."""

MOST_COMPARED = 500_000
"""The most comparisons of files with patterns to find the owner of one integration."""

_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^@\s]+@[^@\s]+")
_ANY = "**"


@dataclass(frozen=True)
class OwnerPattern:
    """A pattern of paths, split at its slashes, and the owners of the files that it matches; no owners remove others.

    With `is_below` it also matches everything below a folder that it matches, with `is_folder` only that.
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
        """Return the pattern of a text; one with a slash before its end begins at the root."""
        inner = text.strip("/")
        is_rooted = "/" in text.rstrip("/")
        parts = ([] if is_rooted else [_ANY]) + [part for part in inner.split("/") if part]
        ends_in_star = is_rooted and parts[-1:] == ["*"]
        return cls(tuple(parts), tuple(owners), not ends_in_star, text.endswith("/"))

    def matches(self, path: str) -> bool:
        """Return whether the pattern matches a file."""
        names = path.split("/")
        reached = {0}
        for index, name in enumerate(names):
            reached = self._after(reached, name)
            is_file = index == len(names) - 1
            if len(self.parts) in reached and (is_file or self.is_below) and not (is_file and self.is_folder):
                return True
        return False

    def _after(self, reached: set[int], name: str) -> set[int]:
        """Return the indexes of the parts that may match next, once one of the `reached` parts has matched a name."""
        found = set()
        for at in self._with_skipped(reached):
            part = self.parts[at] if at < len(self.parts) else None
            if part == _ANY:
                found |= {at, at + 1} if at == len(self.parts) - 1 else {at}
            elif part is not None and _fits(part, name):
                found.add(at + 1)
        return found

    def _with_skipped(self, reached: set[int]) -> set[int]:
        """Return these indexes, and the one after each `**` among them, as that may match no name."""
        found = set(reached)
        for at in range(len(self.parts)):
            if at in found and self.parts[at] == _ANY:
                found.add(at + 1)
        return found


def _fits(pattern: str, name: str) -> bool:
    """Return whether a name matches a pattern with `*` and `?`, in time bounded by the product of their lengths."""
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
        """Take the patterns in their order; `above` is the path of the workspace's root in the repository."""
        self._patterns = patterns
        self._above = above

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Owners:
        """Return the owners by the repository's CODEOWNERS. Raises UsageError if there is none or it cannot be read."""
        checkout = workspace.checkout
        folder = DiskFolder(checkout, checkout, None)
        path = next((path for path in PLACES if folder.entry(path)), None)
        if path is None:
            raise UsageError(
                f"--where asks for the owner, which CODEOWNERS states, and there is none of {', '.join(PLACES)}"
            )
        try:
            data = folder.read(path)
        except Unreadable as reason:
            raise UsageError(f"{path} cannot be read: {reason}") from None
        if len(data) > MOST_BYTES:
            raise UsageError(f"{path} is larger than 3 MB, which GitHub does not read")
        above = below_checkout(workspace.root, checkout)
        return cls(parse(data.decode("utf-8", "replace")), above)

    def of(self, integration: Integration) -> Sequence[str]:
        """Return the owners of most files of an integration: several, one or none.

        Only patterns whose literal parts occur in its paths are compared with its files, as there may be thousands.
        Raises UsageError for more than `MOST_COMPARED` comparisons.
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
