"""The good and the bad example of each rule: the template's folder, and one edit of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from functools import cache, reduce

from seatrial.core.errors import Unreadable
from seatrial.core.model import Finding, Fleet, Folder, Integration, MemoryFolder, Profile, Severity
from seatrial.core.printable import one_line
from seatrial.core.rules import Rule
from seatrial.core.settings import Settings
from seatrial.dependencies.lockfile import content_hash
from seatrial.documents import toml
from seatrial.handbook.rule_pages import Example
from seatrial.scaffold.answers import Answers
from seatrial.scaffold.skeleton import render
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release_change import Change
from seatrial.validate.rules import RULES
from seatrial.validate.run import Verdict, check

NAME = "good-service"
PATH = f"integrations/{NAME}"
CONTEXT = 2
"""The unchanged lines that a diff shows around a change."""

LOCKED_CORE = "0.48.12"
PUBLISHED = {"0.9.0": "3f786850e387550fdab836ed7e6dc881de23001b"}
"""A version of the example that counts as published, and the commit it was published from."""


@cache
def good_folder(profile: Profile = Profile.GUIDE) -> MemoryFolder:
    """Return a new folder from the template, with a minimal lock file that is not stale."""
    folder = render(Answers.of("Good Service", profile=profile, released="2026-01-31"))
    return folder.having("poetry.lock", lock_of(folder))


def lock_of(folder: MemoryFolder) -> str:
    """Return a minimal lock file that is not stale for the folder's `pyproject.toml`."""
    pyproject = toml.load("pyproject.toml", folder.read("pyproject.toml"))
    return (
        f'[[package]]\nname = "port-ocean"\nversion = "{LOCKED_CORE}"\n\n'
        '[metadata]\nlock-version = "2.1"\npython-versions = "^3.12"\n'
        f'content-hash = "{content_hash(pyproject.value)}"\n'
    )


def keeping(own: Sequence[Rule], profile: Profile) -> MemoryFolder:
    """Return the good folder with the edits by which it keeps a repository's own rules, in the order of their codes."""
    return reduce(lambda folder, rule: rule.good(folder), own, good_folder(profile))


def judge(rule: Rule, folder: Folder, profile: Profile, own: Sequence[Rule] = ()) -> Verdict:
    """Run all rules over a folder beside the rule's siblings, with this rule on even where it is off by default.

    `own` are the repository's own rules.
    """
    good = keeping(own, profile)
    integration = Integration(NAME, PATH, folder)
    siblings = [Integration(name, f"integrations/{name}", edit(good)) for name, edit in rule.siblings.items()]
    settings = Settings() if rule.severities[profile] else Settings(severities={rule.code: Severity.WARNING})
    change = change_to(folder, profile, rule, own) if "change" in rule.needs else None
    return check(
        Facts(integration, profile, Fleet([integration, *siblings]), settings, change),
        [
            one
            for one in dict.fromkeys((*RULES, *own, rule))
            if one is rule or not _is_beside(one, rule, profile)
        ],
        advice=True,
    )


def _is_beside(other: Rule, rule: Rule, profile: Profile) -> bool:
    """Return whether a rule may find something in the example of another as well.

    That is advice, and what becomes of the examples with a mapping that is at fault.
    """
    is_advice = other.severities[profile] is Severity.ADVICE
    return is_advice or ("tried" in other.needs and "tried" not in rule.needs and rule.family != other.family)


def change_to(folder: Folder, profile: Profile, rule: Rule, own: Sequence[Rule] = ()) -> Change:
    """Return the change to this folder from the good one, as the rule edits it, or the one that adds it."""
    if rule.is_of_new:
        return Change("origin/main", tuple(sorted(folder.paths())), None, PUBLISHED)
    good = rule.before(keeping(own, profile))
    paths = {*good.paths(), *folder.paths()}
    changed = (path for path in sorted(paths) if _bytes(good, path) != _bytes(folder, path))
    base = Integration(NAME, PATH, good)
    return Change("origin/main", tuple(changed), Facts(base, profile, Fleet([base])), PUBLISHED)


def _bytes(folder: Folder, path: str) -> bytes | None:
    try:
        return folder.read(path)
    except Unreadable:
        return None


def example(rule: Rule, own: Sequence[Rule] = ()) -> Example:
    """Return the bad example of a rule with its findings; those of a lint tool were recorded."""
    good = keeping(own, rule.profile)
    bad = rule.bad(good)
    findings = judge(rule, bad, rule.profile, own).findings
    return Example(
        tuple(_difference(rule.before(good), bad)), tuple(one for one in findings if one.code == rule.code)
    )


def faults_of(rule: Rule, own: Sequence[Rule]) -> list[str]:
    """Return what is wrong with one of a repository's `own` rules and its example, a line each; none if it is proven.

    The good folder, which is the template's with all `good` edits, yields nothing, and the bad one its code alone.
    """
    try:
        good = keeping(own, rule.profile)
        bad = rule.bad(good)
        verdicts = [judge(rule, one, rule.profile, own) for one in (good, bad)]
    except Exception as failure:
        return [f"its example cannot be made: {type(failure).__name__}: {one_line(str(failure))}"]
    crashes = list(dict.fromkeys(crash for one in verdicts for crash in one.crashes))
    first, second = ([one for one in verdict.findings if _counts(one, own)] for verdict in verdicts)
    found = [f"the good folder breaks {_named(one)}" for one in first]
    found += [f"the bad example breaks {_named(one)} too" for one in second if one.code != rule.code]
    if all(one.code != rule.code for one in second) and not crashes:
        found.append("the bad example does not break it")
    law = (
        []
        if rule.law.endswith(".")
        else ["the first paragraph of its docstring, the law, ends without a full stop"]
    )
    return [*crashes, *found, *law]


def _counts(finding: Finding, own: Sequence[Rule]) -> bool:
    return finding.severity is not Severity.ADVICE or finding.code in {rule.code for rule in own}


def _named(finding: Finding) -> str:
    return f"{finding.code} {finding.name}: {finding.path}:{finding.line}: {finding.message}"


def broken_by(*rules: Rule) -> tuple[Finding, ...]:
    """Return the findings for one folder that breaks all of these rules, in profile guide."""
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
