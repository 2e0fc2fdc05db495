"""A rule in words: for the terminal and for docs/rules.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seatrial.core.model import Profile
from seatrial.core.rules import Rule
from seatrial.handbook.examples import Example
from seatrial.lint.tools.registry import LINT_RULES
from seatrial.report.text import line
from seatrial.validate.rules import RULES

FAMILIES = {
    "LAY": "Layout: the folder's hierarchy",
    "SPC": "Spec: what `.port/spec.yaml` states",
    "RES": "Resources: blueprints, mapping, scorecards, pages and actions",
    "PKG": "Package: `pyproject.toml` and `poetry.lock`",
    "CHG": "Changelog and version",
    "REL": "Release: intents, and what a change asks for",
    "COD": "Code: what the Python sources agree with",
    "LNT": "Lint: what the integration's own tools say",
}


EVERY: tuple[Rule, ...] = tuple(sorted((*RULES, *LINT_RULES), key=lambda one: one.code))
"""All rules, and the laws of lint among them, by code."""


def weight(rule: Rule) -> str:
    """A rule's severity, by profile where they differ."""
    words = {profile: severity.value if severity else "off" for profile, severity in rule.severities.items()}
    if len(set(words.values())) == 1:
        return words[Profile.GUIDE]
    return ", ".join(f"{word} in profile {profile.value}" for profile, word in words.items())


def listing(rules: Iterable[Rule]) -> str:
    """All rules, a line each: code, name, severity, law."""
    rows = [(rule.code, rule.name, weight(rule), rule.law) for rule in rules]
    widths = [max(len(row[column]) for row in rows) for column in (1, 2)]
    return "".join(f"{code}  {name:{widths[0]}}  {how:{widths[1]}}  {law}\n" for code, name, how, law in rows)


def entry(rule: Rule, shown: Example) -> str:
    """A rule for the terminal: law, reason, severity, bad example and what is said of it."""
    parts = [f"{rule.code} {rule.name} ({weight(rule)})", rule.law, rule.reason]
    parts.append("For example, with this change to a correct folder:\n" + _indented(shown.diff))
    parts.append("Seatrial says:\n" + _indented(line(finding) for finding in shown.findings))
    parts.append(_waiver(rule))
    return "\n\n".join(part for part in parts if part) + "\n"


def _waiver(rule: Rule) -> str:
    return f"To keep it for a reason: {rule.waiver}" if rule.waiver else ""


def page(examples: Mapping[Rule, Example]) -> str:
    """docs/rules.md, whole."""
    text = [
        "# Rules",
        "This page is written by `make docs` from the rules themselves: each example below was made by one edit of "
        "the template's folder, and each output is what Seatrial printed for it. `-` is the good line, `+` the bad. "
        "What a lint tool says (`LNT`) was recorded.",
        "`0xx` are laws of presence, `1xx` of content, `2xx` of agreement between files. A code is never used again.",
        _contents(examples),
    ]
    for family, title in FAMILIES.items():
        text.append(f"## {title}")
        text.extend(_section(rule, shown) for rule, shown in examples.items() if rule.family == family)
    return "\n\n".join(text) + "\n"


def _contents(rules: Iterable[Rule]) -> str:
    rows = [
        f"| [{rule.code}](#{rule.code.lower()}-{rule.name}) | {rule.name} | {weight(rule)} |"
        for rule in rules
    ]
    return "\n".join(["| code | allows | severity |", "|---|---|---|", *rows])


def _section(rule: Rule, shown: Example) -> str:
    output = "\n".join(line(finding) for finding in shown.findings)
    parts = [
        f"### {rule.code} {rule.name}",
        f"**{rule.law}** *({weight(rule)})*",
        rule.reason,
        "```diff\n" + "\n".join(shown.diff) + "\n```",
        "```text\n" + output + "\n```",
    ]
    return "\n\n".join(part for part in parts if part)


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"    {one}" for one in lines)
