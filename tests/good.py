"""The good integration folder, as the template renders it, and what the rules say of a folder."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cache

from seatrial.model import Fleet, Folder, Integration, MemoryFolder, Problem, Profile
from seatrial.rules.rule import Rule
from seatrial.scaffold import Answers, render
from seatrial.settings import Settings
from seatrial.subjects import Subjects

HASHED = ("dependencies", "source", "extras", "dev-dependencies")


def lock_of(pyproject: str) -> str:
    """The smallest lock file that Poetry would call fresh for this `pyproject.toml`."""
    poetry = tomllib.loads(pyproject)["tool"]["poetry"]
    relevant = {key: poetry.get(key) for key in HASHED} | (
        {"group": poetry["group"]} if "group" in poetry else {}
    )
    digest = hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()
    return (
        '[[package]]\nname = "port-ocean"\nversion = "0.48.12"\n\n'
        f'[metadata]\nlock-version = "2.1"\npython-versions = "^3.12"\ncontent-hash = "{digest}"\n'
    )


@cache
def good_folder(profile: Profile = Profile.GUIDE) -> MemoryFolder:
    """A folder about which no rule has anything to say."""
    folder = render(Answers.of("Good Service", profile=profile, released="2026-01-31"))
    return folder.having("poetry.lock", lock_of(folder.text("pyproject.toml")))


def integration_of(folder: Folder, name: str = "good-service") -> Integration:
    """An integration of a workspace, with this folder."""
    return Integration(name, f"integrations/{name}", folder)


def subjects_of(
    folder: Folder,
    profile: Profile = Profile.GUIDE,
    siblings: Mapping[str, Folder] | None = None,
    settings: Settings | None = None,
) -> Subjects:
    """The subjects of a folder, beside these other integrations."""
    integration = integration_of(folder)
    others = (integration_of(other, name) for name, other in (siblings or {}).items())
    return Subjects(integration, profile, Fleet([integration, *others]), settings)


def problems_of(rule: Rule, folder: Folder, **context: object) -> list[Problem]:
    """What one rule says of a folder."""
    return list(rule.problems(subjects_of(folder, **context)))  # type: ignore[arg-type]
