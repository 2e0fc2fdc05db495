"""What has changed in an integration since another revision, and how that is to be released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from seatrial.core.model import Integration, Profile
from seatrial.core.version import BUMPS, Version
from seatrial.validate.facts.contract import Contract
from seatrial.validate.facts.package import Package
from seatrial.validate.facts.waiting import INTENTS, Intent, Intents

STRICT = "strict"
"""The word in `seatrial.toml` for a contract that weighs the same while the major version is 0."""


class BaseState(Protocol):
    """An integration as it was at the revision; `Facts` of that state has all of this."""

    @property
    def integration(self) -> Integration:
        """Its folder."""

    @property
    def package(self) -> Package | None:
        """Its `pyproject.toml`; None where that cannot be read."""

    @property
    def contract(self) -> Contract:
        """What it promised to those who had installed it."""


@dataclass(frozen=True)
class Change:
    """What differs from the revision `since`, as it was typed: `paths` of the integration, and what it was there.

    `base` is None for an integration that was not there. `published` are versions that have a git tag elsewhere
    than in between, each with the commit of the tag.
    """

    since: str
    paths: tuple[str, ...]
    base: BaseState | None
    published: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether the integration was not there."""
        return self.base is None

    @cached_property
    def version(self) -> str:
        """The version that it had; empty for none."""
        return self.base.package.version if self.base and self.base.package else ""

    @property
    def contract(self) -> Contract | None:
        """What it promised; None where it was not there."""
        return self.base.contract if self.base else None

    def shipped(self, profile: Profile) -> Sequence[str]:
        """The changed paths that a release would bring to its users: all but documentation and intents.

        Tests and fragments of the changelog are in no image, but Ocean's own gate counts them. Source: the release
        validator in Ocean's repository, as of August 2026.
        """
        idle = (f"{INTENTS}/",) if profile is Profile.OCEAN else (f"{INTENTS}/", "tests/", "changelog/")
        return [path for path in self.paths if not path.endswith(".md") and not path.startswith(idle)]

    def announcing(self, intents: Intents, profile: Profile) -> Sequence[Intent]:
        """The intents that came with the change, or were changed with it, which Ocean's release passes over."""
        known = self.base.integration.paths() if self.base and profile is Profile.OCEAN else ()
        return [one for one in intents.all if one.path in self.paths and one.path not in known]

    def is_by_hand(self, version: str) -> bool:
        """Whether the version is another one than it was."""
        return bool(self.version) and bool(version) and version != self.version

    def move(self, version: str) -> str:
        """The part that is raised from the version that was; `fall` for a lower one, empty for none that counts."""
        before, after = _parsed(self.version), _parsed(version)
        if before is None or after is None:
            return ""
        if after < before:
            return "" if self.version.endswith("-dev") else "fall"
        raised = (
            part
            for part, old, new in zip(reversed(BUMPS), before.release, after.release, strict=True)
            if old != new
        )
        return next(raised, BUMPS[0])

    @property
    def is_preview(self) -> bool:
        """Whether the version that was promised nothing yet: for development, a preview, or of the older form."""
        before = _parsed(self.version)
        return before is not None and (
            before.is_dotted or before < Version.parse(".".join(map(str, before.release)))
        )

    def least(self, breaking: bool, zero_versions: str) -> str:
        """The least bump for what breaks or adds to the contract."""
        before = _parsed(self.version)
        shift = before is not None and before.release[0] == 0 and zero_versions != STRICT
        return BUMPS[1 + breaking - shift]


def _parsed(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except ValueError:
        return None
