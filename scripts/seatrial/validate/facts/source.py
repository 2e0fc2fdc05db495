"""Edits of YAML and JSON files by whole lines, for repairs: a value in quotes, a key more, a key less."""

from __future__ import annotations

import re

from seatrial.core.errors import Unreadable
from seatrial.core.model import Edit, Integration, Location
from seatrial.documents.document import Document, Keys

_KEY_LINE = re.compile(r'(?P<indent> *)(?P<dash>- +)?(?P<quote>"?)[\w-]+(?P=quote) *:(?P<value> +\S.*)?')
_PLAIN_VALUE = re.compile(r"""(?:"[^"\\]*"|'[^']*'|[^\s"'|>{\[&*!#,][^#,\[\]{}]*?)(?P<comma>,?)(?:\s+#.*)?""")


def line_at(integration: Integration, where: Location) -> str:
    """Return the line of a place, without its end; empty where it cannot be read."""
    try:
        lines = integration.read(where.path).decode().split("\n")
    except (Unreadable, UnicodeError):
        return ""
    return lines[where.line - 1].removesuffix("\r") if where.line <= len(lines) else ""


def appended(integration: Integration, path: str, more: str) -> Edit | None:
    """Return the edit that puts lines at the end of a file; None where it cannot be read, or ends in blank lines."""
    try:
        lines = integration.read(path).decode().removesuffix("\n").split("\n")
    except (Unreadable, UnicodeError):
        return None
    last = lines[-1].removesuffix("\r")
    return Edit(Location(path, len(lines)), last, f"{last}\n{more.removesuffix(chr(10))}") if last else None


def unquoted(integration: Integration, where: Location, text: str) -> Edit | None:
    """Return the edit that takes the quotes off a value; None where it is not in quotes on one line."""
    rest = line_at(integration, where)[where.column - 1 :]
    quoted = next((old for old in (f'"{text}"', f"'{text}'") if rest.startswith(old)), None)
    return Edit(where, quoted, text.strip()) if quoted else None


def _whole(integration: Integration, where: Location) -> tuple[str, re.Match[str], re.Match[str]] | None:
    """Return the line of a key, with its parts and its value, where both are all that is on that line."""
    line = line_at(integration, where)
    key = _KEY_LINE.fullmatch(line)
    value = _PLAIN_VALUE.fullmatch(((key and key["value"]) or "").strip())
    return (line, key, value) if key and value else None


def without_key(integration: Integration, document: Document, *keys: str | int) -> Edit | None:
    """Return the edit that deletes the line of a key; None where there is more on it, or it is one of several."""
    where = document.key(*keys)
    found = _whole(integration, where)
    if found is None or found[1]["dash"]:
        return None
    line, _, value = found
    if document.path.endswith(".json") != bool(value["comma"]):
        return None
    return Edit(Location(where.path, where.line), f"{line}\n", "")


def with_key(integration: Integration, document: Document, keys: Keys, key: str, value: str) -> Edit | None:
    """Return the edit that puts `key: value` on a line of its own below that of `keys`; None where it cannot be."""
    where = document.key(*keys)
    found = _whole(integration, where)
    if found is None:
        return None
    line, _, old = found
    indent = " " * (where.column - 1)
    place = Location(where.path, where.line)
    if not document.path.endswith(".json"):
        return Edit(place, f"{line}\n", f"{line}\n{indent}{key}: {value}\n")
    text = f'{indent}"{key}": {value}'
    return Edit(place, line, f"{line}\n{text}," if old["comma"] else f"{line},\n{text}")
