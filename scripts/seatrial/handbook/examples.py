"""Each rule broken and mended: the template is the good example, one edit of it the bad one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from seatrial.core.errors import Unreadable
from seatrial.core.model import Finding, Fleet, Folder, Integration, MemoryFolder, Profile, Severity
from seatrial.core.rules import Rule
from seatrial.core.settings import Settings
from seatrial.dependencies.locked_core import content_hash
from seatrial.documents import toml
from seatrial.scaffold.template import Answers, render
from seatrial.validate.check import Verdict, check
from seatrial.validate.facts.change import Change
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import RULES

NAME = "good-service"
CONTEXT = 2
LOCKED_CORE = "0.48.12"
PUBLISHED = {"0.9.0": "3f786850e387550fdab836ed7e6dc881de23001b"}
"""A version of the example that was published from another commit."""


@dataclass(frozen=True)
class Example:
    """What was changed, as lines of a unified diff, and what Seatrial says of the result."""

    diff: tuple[str, ...]
    findings: tuple[Finding, ...]


@cache
def good_folder(profile: Profile = Profile.GUIDE) -> MemoryFolder:
    """A fresh folder from the template, with the least lock file that is not stale."""
    folder = render(Answers.of("Good Service", profile=profile, released="2026-01-31"))
    return folder.having("poetry.lock", lock_of(folder))


def lock_of(folder: MemoryFolder) -> str:
    """The least lock file that is not stale for the folder's `pyproject.toml`."""
    pyproject = toml.load("pyproject.toml", folder.read("pyproject.toml"))
    return (
        f'[[package]]\nname = "port-ocean"\nversion = "{LOCKED_CORE}"\n\n'
        '[metadata]\nlock-version = "2.1"\npython-versions = "^3.12"\n'
        f'content-hash = "{content_hash(pyproject.value)}"\n'
    )


def judge(rule: Rule, folder: Folder, profile: Profile) -> Verdict:
    """What all rules, and this one even where it is off by itself, say of a folder beside its siblings."""
    good = good_folder(profile)
    integration = Integration(NAME, f"integrations/{NAME}", folder)
    siblings = [Integration(name, f"integrations/{name}", edit(good)) for name, edit in rule.siblings.items()]
    settings = Settings() if rule.severities[profile] else Settings(severities={rule.code: Severity.WARNING})
    change = change_to(folder, profile) if "change" in rule.needs else None
    subjects = Facts(integration, profile, Fleet([integration, *siblings]), settings, change)
    return check(subjects, list(dict.fromkeys((*RULES, rule))))


def change_to(folder: Folder, profile: Profile) -> Change:
    """The change of the good folder into this one."""
    good = good_folder(profile)
    paths = {*good.paths(), *folder.paths()}
    changed = (path for path in sorted(paths) if _bytes(good, path) != _bytes(folder, path))
    was = Integration(NAME, f"integrations/{NAME}", good)
    return Change("origin/main", tuple(changed), Facts(was, profile, Fleet([was])), PUBLISHED)


def _bytes(folder: Folder, path: str) -> bytes | None:
    try:
        return folder.read(path)
    except Unreadable:
        return None


def example(rule: Rule) -> Example:
    """The bad example of a rule, with the real output."""
    good = good_folder(rule.profile)
    bad = rule.bad(good)
    findings = judge(rule, bad, rule.profile).findings
    return Example(tuple(_difference(good, bad)), tuple(one for one in findings if one.code == rule.code))


def broken_by(*rules: Rule) -> tuple[Finding, ...]:
    """What is said of one folder that breaks all of these rules in turn, in profile guide."""
    folder = good_folder(Profile.GUIDE)
    for rule in rules:
        folder = rule.bad(folder)
    return judge(rules[0], folder, Profile.GUIDE).findings


def _difference(good: MemoryFolder, bad: MemoryFolder) -> Iterator[str]:
    for path in sorted({*good.paths(), *bad.paths()}):
        before, after = (_lines(folder, path) for folder in (good, bad))
        if path in bad.entries:
            yield f"+ {path} -> {bad.entries[path].target or bad.entries[path].kind.value}"
        elif path not in bad.files:
            yield f"- {path}"
        elif path not in good.files and not after:
            yield f"+ {path}"
        elif before != after:
            yield f"  {path}"
            yield from _hunks(before, after)


def _lines(folder: MemoryFolder, path: str) -> list[str]:
    return folder.files.get(path, b"").decode("utf-8", "backslashreplace").splitlines()


def _hunks(before: list[str], after: list[str]) -> Iterator[str]:
    lines = list(difflib.unified_diff(before, after, lineterm="", n=CONTEXT))[2:]
    yield from (line for line in lines if not line.startswith("@@"))
