"""The owners of integrations, by the file CODEOWNERS as GitHub reads it.

Source: GitHub's documentation, "About code owners": the last pattern that matches a file decides, a pattern without
owners removes them, an invalid line is skipped, and `!` and `[ ]` are not supported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Integration, join
from seatrial.core.settings import ANY, PathPattern
from seatrial.system.folder import DiskFolder
from seatrial.workspace.workspace import Workspace, below_checkout

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""The paths of the file; the first that is there counts."""

MOST_BYTES = 3 * 1024 * 1024
"""GitHub reads no larger file."""

MOST_COMPARED = 500_000
"""The most comparisons of files with patterns to find the owner of one integration."""

_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class OwnerPattern(PathPattern):
    """A pattern of paths and the owners of the files that it matches; no owners remove others."""

    owners: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, owners: Sequence[str]) -> OwnerPattern:
        """Return the pattern of a text; one with a slash before its end begins at the root."""
        inner = text.strip("/")
        is_rooted = "/" in text.rstrip("/")
        parts = ([] if is_rooted else [ANY]) + [part for part in inner.split("/") if part]
        ends_in_star = is_rooted and parts[-1:] == ["*"]
        return cls(tuple(parts), not ends_in_star, text.endswith("/"), tuple(owners))


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
