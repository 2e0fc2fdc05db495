"""Versions of integrations: their form, order and bumps.

The forms are those that Ocean publishes: `1.2.3`, `-dev`, `-beta` or `-post1` behind it for a development,
preview or deprecated version, and the older `1.2.3.rc4`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

BUMPS = ("patch", "minor", "major")

_NUMBER = r"(0|[1-9][0-9]{0,8})"
_FORM = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-(post1|dev|beta)|\.?([a-zA-Z]{{1,20}}){_NUMBER})?")

_FINAL = 5
_STAGES = {
    "dev": 0,
    **dict.fromkeys(("a", "alpha"), 1),
    **dict.fromkeys(("b", "beta"), 2),
    **dict.fromkeys(("c", "rc", "pre", "preview"), 3),
    **dict.fromkeys(("post", "rev", "r"), 6),
}
_UNKNOWN = 4
"""An undefined word sorts after the release candidates and before the final version."""


@dataclass(frozen=True, order=True)
class Version:
    """A version that keeps its spelling, ordered dev < beta < final < post1 for the same three numbers."""

    release: tuple[int, int, int]
    stage: int = field(repr=False)
    number: int = field(repr=False)
    text: str

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> Version:
        """Parse a version; nothing may precede or follow it. Raises ValueError."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(
                f'"{text[:60]}" is no version; write X.Y.Z, X.Y.Z-beta, X.Y.Z-dev or X.Y.Z-post1'
            )
        major, minor, patch, suffix, word, number = match.groups()
        release = (int(major), int(minor), int(patch))
        if word:
            return cls(release, _STAGES.get(word.lower(), _UNKNOWN), int(number), text)
        if suffix == "post1":
            return cls(release, _STAGES["post"], 1, text)
        return cls(release, _STAGES[suffix] if suffix else _FINAL, 0, text)

    @classmethod
    def parse_leading_v(cls, text: str) -> Version:
        """Parse a version that may begin with `v`, as specs wrote it in 2023. Raises ValueError."""
        return cls.parse(text.removeprefix("v"))

    @property
    def is_dotted(self) -> bool:
        """Whether it is spelled `1.2.3.rc4`, which Ocean still reads but no longer accepts."""
        return self.stage != _FINAL and "-" not in self.text

    def bumped(self, part: str) -> Version:
        """Return the next version by `patch`, `minor` or `major`; lower parts fall to 0, a suffix stays.

        `patch` raises the last number of a dotted version, which has no other bump. Raises ValueError.
        """
        if part not in BUMPS:
            raise ValueError(f'a bump is patch, minor or major, not "{part[:60]}"')
        if not self.is_dotted:
            return Version.parse(".".join(map(str, self._next_release(part))) + self._suffix)
        if part != "patch":
            raise ValueError(f"{self.text} can only be bumped by patch, because of how it ends")
        stem = self.text[: -len(str(self.number))]
        return replace(self, number=self.number + 1, text=f"{stem}{self.number + 1}")

    def _next_release(self, part: str) -> tuple[int, int, int]:
        major, minor, patch = self.release
        steps = {
            "patch": (major, minor, patch + 1),
            "minor": (major, minor + 1, 0),
            "major": (major + 1, 0, 0),
        }
        return steps[part]

    def follows(self, before: Version) -> bool:
        """Return whether its numbers are those of `before`, or one bump further."""
        return self.release == before.release or self.release in map(before._next_release, BUMPS)

    def nearest_after(self, before: Version) -> str:
        """Return the numbers one bump after `before`, by the part that this version raises."""
        raised = next((at for at in range(3) if self.release[at] != before.release[at]), 2)
        return ".".join(map(str, before._next_release(BUMPS[2 - raised])))

    @property
    def _suffix(self) -> str:
        return "".join(self.text.partition("-")[1:])
