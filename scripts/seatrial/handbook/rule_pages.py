"""Rules as text: for the terminal and for docs/rules.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.framework import PARTS, dotted, parts_of
from seatrial.core.model import Finding, Profile
from seatrial.core.rules import Rule
from seatrial.lint.own_code.framework_schema import SCHEMA_RULES
from seatrial.lint.own_code.pytest import UNIT_RULES
from seatrial.lint.tools.registry import LINT_RULES
from seatrial.report.text import line
from seatrial.validate.rules import RULES

FAMILIES = {
    "LAY": "Layout: the files and folders of an integration",
    "SPC": "Spec: `.port/spec.json` or `.port/spec.yaml`",
    "RES": "Resources: blueprints, mapping, scorecards, pages and actions",
    "EXA": "Examples: raw objects, what the mapping makes of them, and what is recorded",
    "PKG": "Package: `pyproject.toml` and `poetry.lock`",
    "CHG": "Changelog and version",
    "REL": "Release: intents, and what a change must announce",
    "COD": "Code: the Python sources, and their agreement with the spec and the mapping",
    "LNT": "Lint: the integration's own tools",
    "TST": "Tests: the integration's own pytest",
}


EVERY: tuple[Rule, ...] = tuple(
    sorted((*RULES, *LINT_RULES, *UNIT_RULES, *SCHEMA_RULES), key=lambda one: one.code)
)
"""All rules, those of lint and tests among them, sorted by code."""


MOST_LINES = 20
"""The most lines of an example in a terminal and in an editor."""


@dataclass(frozen=True)
class Example:
    """A change to the good folder, as lines of a unified diff, and the findings it leads to."""

    diff: tuple[str, ...]
    findings: tuple[Finding, ...]


def severity_text(rule: Rule) -> str:
    """Return a rule's severity, by profile where they differ."""
    words = {profile: severity.value if severity else "off" for profile, severity in rule.severities.items()}
    if len(set(words.values())) == 1:
        return words[Profile.GUIDE]
    return ", ".join(f"{word} in profile {profile.value}" for profile, word in words.items())


def listing(rules: Iterable[Rule]) -> str:
    """Return all rules, one a line: code, name, severity, law."""
    rows = [(rule.code, rule.name, severity_text(rule), rule.law) for rule in rules]
    name_width, width = (max(len(row[column]) for row in rows) for column in (1, 2))
    return "".join(
        f"{code}  {name:{name_width}}  {severity:{width}}  {law}\n" for code, name, severity, law in rows
    )


def entry(rule: Rule, example: Example) -> str:
    """Return a rule for the terminal: law, reason, severity, bad example with its findings, how to ignore it."""
    parts = [
        f"{rule.code} {rule.name} ({severity_text(rule)})",
        rule.law,
        rule.reason,
        *_parts(rule),
        "For example, with this change to a correct folder:\n" + _indented(shortened(example.diff)),
        "Seatrial says:\n" + _indented(line(finding) for finding in example.findings),
        f"To accept it for a reason: {rule.waiver}" if rule.waiver else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def shortened(diff: Sequence[str]) -> Sequence[str]:
    """Return a change in at most MOST_LINES lines: where it is longer, its beginning and its end."""
    if len(diff) <= MOST_LINES:
        return diff
    ahead, behind = MOST_LINES * 3 // 5, MOST_LINES * 2 // 5 - 1
    return [*diff[:ahead], f"... {len(diff) - ahead - behind} more lines ...", *diff[-behind:]]


def page(examples: Mapping[Rule, Example]) -> str:
    """Return the whole text of docs/rules.md."""
    text = [
        "# Rules",
        "`make docs` writes this page from the rules themselves. Each rule is a sentence that holds for every correct "
        "integration; its name is the fault that it finds. The example shows one change to a correct folder, with `-` "
        "for the good line and `+` for the bad one, and what Seatrial prints for it. The output of lint tools (`LNT`) "
        "and pytest (`TST`) was recorded.",
        "Rules numbered `0xx` are about presence, `1xx` about content, `2xx` about agreement between files. The code "
        "of a removed rule is never used again. To ignore a rule in one integration, see [For authors]"
        "(authors.md#ignore-a-rule); to change its severity in a repository, [For maintainers]"
        "(maintainers.md#seatrialtoml).",
        _contents(examples),
    ]
    for family, title in FAMILIES.items():
        text.append(f"## {title}")
        text.extend(section(rule, example) for rule, example in examples.items() if rule.family == family)
    text += [
        "## What depends on the framework's version",
        "The version in `poetry.lock` decides, else the lowest that `pyproject.toml` allows. A rule that is not in "
        "this table holds for all versions; `until` names the first version in which a line no longer holds.",
        _framework_table(),
    ]
    return "\n\n".join(text) + "\n"


def _parts(rule: Rule) -> list[str]:
    """Return what of a rule depends on the framework's version, a sentence each with its versions."""
    return [
        f"{part.holds} ({part.span}{f'; {part.source}' if part.source else ''})"
        for part in parts_of(rule.code)
    ]


def _framework_table() -> str:
    rows = (
        f"| {part.code} | {part.holds} | {dotted(part.since)} | {dotted(part.until)} | {part.source} |"
        for part in PARTS
    )
    return "\n".join(
        ["| rule | what the framework does | since | until | change |", "|---|---|---|---|---|", *rows]
    )


def _contents(rules: Iterable[Rule]) -> str:
    rows = (
        f"| [{rule.code}](#{rule.code.lower()}-{rule.name}) | {rule.name} | {severity_text(rule)} |"
        for rule in rules
    )
    return "\n".join(["| code | fault | severity |", "|---|---|---|", *rows])


def section(rule: Rule, example: Example) -> str:
    """Return a rule in Markdown: law, severity, reason, and the bad example with its findings."""
    output = "\n".join(line(finding) for finding in example.findings)
    parts = [
        f"### {rule.code} {rule.name}",
        f"**{rule.law}** *({severity_text(rule)})*",
        rule.reason,
        *_parts(rule),
        "```diff\n" + "\n".join(shortened(example.diff)) + "\n```",
        "```text\n" + output + "\n```",
    ]
    return "\n\n".join(part for part in parts if part)


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"    {one}" for one in lines)
