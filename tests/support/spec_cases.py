"""Specs to try the rules of family SPC on: the template's with edits, or a text of its own."""

from __future__ import annotations

from seatrial.core.model import Fleet, MemoryFolder, Profile, Severity
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import BY_NAME, RULES
from seatrial.validate.run import check
from support.good import good_folder, integration_of, problems_of

SPEC = ".port/spec.yaml"
SPEC_RULES = [rule for rule in RULES if rule.family == "SPC"]

DEFAULT = "    default: 100\n"
RESOURCES = "    resources:\n      - kind: project\n      - kind: task\n"
SAAS = "saas:\n  enabled: false\n"

Edits = list[tuple[str, str]]


def edited(*edits: tuple[str, str], profile: Profile = Profile.GUIDE) -> MemoryFolder:
    """The template's folder with these edits of its spec."""
    folder = good_folder(profile)
    for old, new in edits:
        folder = folder.edited(SPEC, old, new)
    return folder


def of_spec(text: str, version: str = "0.1.4", name: str = "good-service") -> MemoryFolder:
    """A folder with this spec and a package of this name and version."""
    pyproject = f'[tool.poetry]\nname = "{name}"\nversion = "{version}"\n'
    return MemoryFolder.of({SPEC: text, "pyproject.toml": pyproject})


def said(name: str, folder: MemoryFolder, **context: object) -> list[tuple[int, str]]:
    """What the rule of this name says, with the lines."""
    return [(one.where.line, one.message) for one in problems_of(BY_NAME[name], folder, **context)]


def everything(folder: MemoryFolder, profile: Profile = Profile.GUIDE) -> dict[str, Severity]:
    """Which rules of the family speak, and with what severity; none of them crashes."""
    facts = Facts(integration_of(folder), profile, Fleet())
    verdict = check(facts, SPEC_RULES)
    assert verdict.crashes == ()
    return {finding.name: finding.severity for finding in verdict.findings}
