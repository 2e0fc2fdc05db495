"""JSON that others have written, read as data: every value has the form that is wanted, or the file is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from seatrial.core.errors import Unreadable
from seatrial.core.printable import shown

LONGEST_NAME = 1_000
"""Longer names and paths are refused; file systems have none."""

_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})?")


def loads(data: bytes) -> dict[str, Any]:
    """Return the object that is the text. Raises Unreadable."""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as failed:
        raise Unreadable(f"not JSON: {shown(str(failed), 100)}") from failed
    if not isinstance(value, dict):
        raise Unreadable("not a JSON object")
    return value


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def text(record: Mapping[str, Any], key: str, most: int = LONGEST_NAME) -> str:
    """Return a text of at most so many characters. Raises Unreadable."""
    value = record.get(key)
    if not isinstance(value, str) or len(value) > most:
        raise Unreadable(f'"{key}" is not a text of at most {most:,} characters')
    return value


def number(record: Mapping[str, Any], key: str, most: int = 1_000_000_000) -> int:
    """Return a whole number from 0. Raises Unreadable."""
    value = record.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise Unreadable(f'"{key}" is not a whole number from 0 to {most:,}')
    return value


def amount(record: Mapping[str, Any], key: str, most: float = 1e12) -> float:
    """Return a number from 0. Raises Unreadable."""
    value = record.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise Unreadable(f'"{key}" is not a number from 0')
    return float(value)


def flag(record: Mapping[str, Any], key: str) -> bool:
    """Return a truth value. Raises Unreadable."""
    value = record.get(key)
    if not isinstance(value, bool):
        raise Unreadable(f'"{key}" is neither true nor false')
    return value


def choice(record: Mapping[str, Any], key: str, allowed: Collection[str]) -> str:
    """Return one of these texts. Raises Unreadable."""
    value = record.get(key)
    if not isinstance(value, str) or value not in allowed:
        raise Unreadable(f'"{key}" is none of {", ".join(allowed)}')
    return value


def items(record: Mapping[str, Any], key: str, most: int) -> Sequence[Mapping[str, Any]]:
    """Return a list of at most so many objects. Raises Unreadable."""
    value = record.get(key)
    if not isinstance(value, list) or len(value) > most or not all(isinstance(one, dict) for one in value):
        raise Unreadable(f'"{key}" is not a list of at most {most:,} objects')
    return value


def texts(record: Mapping[str, Any], key: str, most: int, longest: int = LONGEST_NAME) -> tuple[str, ...]:
    """Return a list of at most so many texts. Raises Unreadable."""
    value = record.get(key)
    if not isinstance(value, list) or len(value) > most:
        raise Unreadable(f'"{key}" is not a list of at most {most:,} texts')
    return tuple(text({key: one}, key, longest) for one in value)


def path(value: str) -> str:
    """Return a path below the root, empty for the root itself. Raises Unreadable for any other."""
    if not is_path(value):
        raise Unreadable(f'"{shown(value)}" is not a path below the root')
    return value


def is_path(value: str) -> bool:
    """Return whether a text is a path below the root, empty for the root itself."""
    return not value or ("\0" not in value and {"", ".", ".."}.isdisjoint(value.split("/")))


def commit(record: Mapping[str, Any], key: str = "commit") -> str:
    """Return the id of a commit; empty outside git. Raises Unreadable."""
    value = text(record, key)
    if not _COMMIT.fullmatch(value):
        raise Unreadable(f'"{key}" is not the id of a commit')
    return value


def version(record: Mapping[str, Any], known: int) -> None:
    """Raise Unreadable for a record of another version than is known."""
    if record.get("version") != known:
        raise Unreadable(
            f"it is not of version {known}; another version of Seatrial wrote it, or something else"
        )
