"""The good integration folder, and what the rules say of a folder."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.core.model import Fleet, Folder, Integration, Problem, Profile
from seatrial.core.rules import Rule
from seatrial.core.settings import Settings
from seatrial.handbook.rule_examples import good_folder, lock_of
from seatrial.validate.facts.facts import Facts

__all__ = ["facts_of", "good_folder", "integration_of", "lock_of", "problems_of"]


def integration_of(folder: Folder, name: str = "good-service") -> Integration:
    """An integration of a workspace, with this folder."""
    return Integration(name, f"integrations/{name}", folder)


def facts_of(
    folder: Folder,
    profile: Profile = Profile.GUIDE,
    siblings: Mapping[str, Folder] | None = None,
    settings: Settings | None = None,
) -> Facts:
    """The facts about a folder, beside these other integrations."""
    integration = integration_of(folder)
    others = (integration_of(other, name) for name, other in (siblings or {}).items())
    return Facts(integration, profile, Fleet([integration, *others]), settings)


def problems_of(rule: Rule, folder: Folder, **context: object) -> list[Problem]:
    """What one rule says of a folder."""
    return list(rule.problems(facts_of(folder, **context)))  # type: ignore[arg-type]
