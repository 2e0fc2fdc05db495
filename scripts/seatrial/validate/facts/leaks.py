"""What should not be published, in the values of an example: secrets by their names, and addresses of people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from seatrial.documents.document import Keys
from seatrial.validate.facts.credentials import looks_real

MOST_VALUES = 20_000
"""The texts of an example that are looked at; the longest real one has 2,000."""

SHORTEST = 16
"""Shorter texts are no secrets, as `credentials.looks_real` has it."""

LONGEST = 10_000
"""Only so many characters of a text are searched for an address."""

_HARMLESS = re.compile(
    r"page|next|sync|continu|cursor|resume|cancel|delta|(?:Id|_id|Name|_name|Arn|ARN|Type|_type|Ref|Path|Url|Version)s?$"
)
"""What is in the names of values that look like secrets and are none: tokens of pages, and names of secrets."""

_ADDRESS = re.compile(
    r"(?<![\w.+/-])(?!git@|no-?reply)[\w.+-]{1,64}@((?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24})(?![\w@-])"
)
_RESERVED = re.compile(r"(?:.*\.)?(?:example\.(?:com|net|org)|test|example|invalid|localhost)", re.IGNORECASE)
_MADE_UP = re.compile(
    r"example|sample|dummy|fake|test|domain|company|corp|acme|contoso|fabrikam|your|redacted|noreply|email|mail\.com"
    r"|(?:^|\.)(?:foo|bar|baz|local|internal)\b|abc|xyz",
    re.IGNORECASE,
)


def secrets(value: Any) -> list[Keys]:
    """Return where a value is that looks like a secret by its name and its letters.

    Its name is the key, or the text under `name` or `key` beside a `value`, as in lists of variables.
    """
    if not isinstance(value, dict | list) or not any(_is_secret(name, text) for name, text in _named(value)):
        return []
    found = []
    for keys, text in _texts(value):
        names = [key for key in reversed(keys) if isinstance(key, str)][:1] + _names_beside(value, keys)
        if any(_is_secret(name, text) for name in names):
            found.append(keys)
    return found


def _is_secret(name: str, text: str) -> bool:
    return looks_real(name, text) and not _HARMLESS.search(name)


def _named(value: Any) -> Iterator[tuple[str, str]]:
    """Yield each longer text of a tree with its name; much faster than with all its keys."""
    stack: list[tuple[str, Any]] = [("", value)]
    for _ in range(MOST_VALUES):
        if not stack:
            return
        name, whole = stack.pop()
        if isinstance(whole, dict):
            yield from ((whole[key], whole["value"]) for key in _beside(whole))
        pairs = whole.items() if isinstance(whole, dict) else ((name, one) for one in whole)
        for key, one in pairs:
            if type(one) is str:
                if len(one) >= SHORTEST:
                    yield key, one
            elif type(one) is dict or type(one) is list:
                stack.append((key, one))


def _beside(one: dict[str, Any]) -> list[str]:
    """Return the keys whose texts name what is under `value`."""
    if not isinstance(one.get("value"), str):
        return []
    return [key for key in ("name", "key", "Name", "Key") if isinstance(one.get(key), str)]


def _names_beside(value: Any, keys: Keys) -> list[str]:
    if not keys or keys[-1] != "value":
        return []
    for key in keys[:-1]:
        value = value[key]
    return [value[key] for key in _beside(value)]


def addresses(value: Any) -> list[tuple[Keys, str]]:
    """Return the first e-mail address in each text that is of no domain for examples, with its place."""
    found = []
    for keys, text in _texts(value):
        if "@" in text:
            match = next((one for one in _ADDRESS.finditer(text[:LONGEST]) if _is_real(one[1])), None)
            if match:
                found.append((keys, match[0]))
    return found


def _is_real(domain: str) -> bool:
    return not _RESERVED.fullmatch(domain) and not _MADE_UP.search(domain)


def _texts(value: Any) -> Iterator[tuple[Keys, str]]:
    """Yield each text in a tree and the keys that lead to it, in order."""
    left = MOST_VALUES
    stack: list[tuple[Keys, Any]] = [((), value)]
    while stack and left:
        keys, one = stack.pop()
        if isinstance(one, str):
            left -= 1
            yield keys, one
        elif isinstance(one, dict | list):
            inner = one.items() if isinstance(one, dict) else enumerate(one)
            stack.extend(((*keys, key), below) for key, below in reversed(list(inner)))
