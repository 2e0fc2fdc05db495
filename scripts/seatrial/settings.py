"""What a repository sets in `seatrial.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seatrial.model import Profile, Severity


@dataclass(frozen=True)
class Settings:
    """A repository's own word; every default is what a repository without `seatrial.toml` gets.

    `severities` maps a rule's code to what it shall weigh here, None for off. The
    `known_...` names are accepted beside those Seatrial knows.
    """

    profile: Profile | None = None
    integrations: str = "integrations"
    severities: Mapping[str, Severity | None] = field(default_factory=dict)
    known_blueprints: frozenset[str] = frozenset()
    known_icons: frozenset[str] = frozenset()
    known_sections: frozenset[str] = frozenset()
