"""Family SPC, scalars that YAML 1.1 and YAML 1.2 read differently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from seatrial.documents.document import Keys
from seatrial.model import Fix, Integration, Location, Problem
from seatrial.naming import shown
from seatrial.rules.rule import WARNING, Problems, rule
from seatrial.rules.spec import edited
from seatrial.subjects.spec import Spec

_ONLY_IN_1_1 = re.compile(
    r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF"
    r"|[-+]?0b[01_]+|[-+]?[0-9]+_[0-9_]*(\.[0-9_]*)?"
    r"|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d\d?:\d\d:\d\d\S*"
)
"""Texts of YAML 1.2 that are booleans, numbers or dates in YAML 1.1 (PyYAML's resolver)."""

_ONLY_IN_1_2 = re.compile(r"[-+]?0[0-9]+|0o[0-7]+|[-+]?[0-9.]+[eE][0-9]+")
"""Numbers of YAML 1.2 that are others, or texts, in YAML 1.1."""

_HINT = re.compile(rf"[:,\[-][ \t]*(?:{_ONLY_IN_1_1.pattern}|{_ONLY_IN_1_2.pattern})[ \t]*(?:[\]#,\r\n]|\Z)")
"""What a text with such a scalar has somewhere: hardly any has."""


@rule("SPC130", severity=WARNING, bad=edited("    default: 100", "    default: 0100"))
def unportable_scalar(spec: Spec, integration: Integration) -> Problems:
    """A value means the same in YAML 1.1 and YAML 1.2.

    Ocean reads the spec as YAML 1.1, the release job and Port as YAML 1.2: an unquoted no
    is false for the one and a text for the other.
    """
    if spec.document.path.endswith(".json"):
        return
    text = integration.read(spec.document.path).decode("utf-8", "replace")
    suspects = (
        [keys for keys, value in _scalars((), spec.root.value) if _is_suspect(value)]
        if _HINT.search(text)
        else []
    )
    lines = text.split("\n")
    for keys in suspects:
        where = spec.document.at(*keys)
        scalar = _plain(lines, where)
        if _ONLY_IN_1_1.fullmatch(scalar) or _ONLY_IN_1_2.fullmatch(scalar):
            message = f"{shown(scalar)} is one thing in YAML 1.1 and another in YAML 1.2"
            yield Problem(
                where, message, Fix(f'write "{shown(scalar)}" in quotes, or a plain number, true or false')
            )


def _scalars(keys: Keys, value: Any) -> Iterator[tuple[Keys, Any]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _scalars((*keys, key), inner)
    else:
        yield keys, value


def _is_suspect(value: Any) -> bool:
    """Whether the value may come from such a scalar; for numbers only its text tells."""
    if isinstance(value, str):
        return _ONLY_IN_1_1.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(lines: list[str], where: Location) -> str:
    """The scalar at this place, with its quotes if it has some."""
    line = lines[where.line - 1] if where.line <= len(lines) else ""
    return re.split(r"\s+#|,|\]|\}|$", line[where.column - 1 :].rstrip(), maxsplit=1)[0].strip()
