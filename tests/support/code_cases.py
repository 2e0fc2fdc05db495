"""Edits of the template's code, spec and mapping, and what the COD rules say of the result."""

from __future__ import annotations

from functools import cache, reduce
from typing import TypeAlias

from seatrial.core.model import MemoryFolder, Problem
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import BY_CODE
from support.good import facts_of, good_folder

SPEC = ".port/spec.yaml"
APP_CONFIG = ".port/resources/port-app-config.yaml"
SAAS = "saas:\n  enabled: false\n"

Edit: TypeAlias = tuple[str, str, str]
"""A file, the text in it, and the text in its place; a whole new file where the first text is empty."""


def edited(*edits: Edit) -> MemoryFolder:
    """The template's folder without its examples, with these edits made; its code, spec and mapping are alone."""
    return reduce(_edited, edits, _without_examples())


@cache
def _without_examples() -> MemoryFolder:
    good = good_folder()
    return reduce(MemoryFolder.without, [path for path in good.paths() if "examples/" in path], good)


def _edited(folder: MemoryFolder, edit: Edit) -> MemoryFolder:
    path, old, new = edit
    return folder.edited(path, old, new) if old else folder.having(path, new)


def facts(*edits: Edit) -> Facts:
    return facts_of(edited(*edits))


def problems(code: str, *edits: Edit) -> list[Problem]:
    return list(BY_CODE[code].problems(facts(*edits)))


def said(code: str, *edits: Edit) -> list[str]:
    """What a rule says, each with its place."""
    return [
        f"{one.where.path}:{one.where.line}:{one.where.column} {one.message}"
        for one in problems(code, *edits)
    ]


def heard(*edits: Edit) -> list[str]:
    """The codes of all rules of the family that find something."""
    there = facts(*edits)
    return [code for code, rule in BY_CODE.items() if code.startswith("COD") and list(rule.problems(there))]
