"""Texts of YAML files that a `#` behind a blank cuts, because they are not quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seatrial.core.errors import Unreadable
from seatrial.core.model import Integration, Location
from seatrial.documents.document import Document, Keys

_SIGN = re.compile(rb"\S[ \t]+#[0-9]")
_REST = re.compile(r"(?P<gap>[ \t]+)(?P<lost>#[0-9].*)")
"""A comment that begins with a number and without a blank is one that nobody meant: `My #1`, `see #42`."""


@dataclass(frozen=True)
class CutText:
    """A text as it is read, what stands behind it in the file, and the place of the `#`."""

    text: str
    lost: str
    where: Location


def cut_texts(integration: Integration, document: Document) -> Iterator[CutText]:
    """Yield the unquoted texts of one line, in a YAML file, behind which such a comment follows."""
    if not document.path.endswith((".yaml", ".yml")) or document.value is None:
        return
    try:
        data = integration.read(document.path)
    except Unreadable:
        return
    if not _SIGN.search(data):
        return
    lines = data.decode("utf-8-sig", "replace").split("\n")
    for keys, text in _texts(document.value, ()):
        where = document.at(*keys)
        line = lines[where.line - 1] if where.line <= len(lines) else ""
        end = where.column - 1 + len(text)
        rest = _REST.match(line, end) if text and line.startswith(text, where.column - 1) else None
        if rest:
            place = Location(document.path, where.line, rest.start("lost") + 1)
            yield CutText(text, rest["lost"].rstrip(), place)


def _texts(value: Any, keys: Keys) -> Iterator[tuple[Keys, str]]:
    pending: list[tuple[Keys, Any]] = [(keys, value)]
    while pending:
        way, one = pending.pop()
        if isinstance(one, str):
            yield way, one
        elif isinstance(one, dict):
            pending += [((*way, key), inner) for key, inner in one.items()]
        elif isinstance(one, list):
            pending += [((*way, place), inner) for place, inner in enumerate(one)]
