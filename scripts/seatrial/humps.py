"""The Python name of a configuration: camelCase to snake_case as Ocean does it at start-up.

Ocean hands each configuration's name to pyhumps 3.8; the answers here are the same,
its oddities included.
"""

from __future__ import annotations

import re

_ABBREVIATION = re.compile(r"[A-Z\d]+(?=[A-Z\d]|$)")
_CAPITAL = re.compile(r"[A-Z]")


def decamelize(name: str) -> str:
    """The key under which code reads the configuration `name`: "apiURL" is api_url, "API_KEY" stays.

    A digit does not begin a word: "isVersion8Point7" is is_version8_point7. Blanks vanish.
    """
    packed = "".join(name.split())
    if packed.isupper() or packed.isnumeric():
        return name
    calmed = _ABBREVIATION.sub(lambda run: run[0].title(), packed)
    first = _CAPITAL.search(calmed)
    if first is None:
        return calmed.lower()
    begin, end = first.span()
    head = calmed[:begin].rstrip("-_")
    joint = "_" if head else ""
    return (head + joint + calmed[len(head) : end] + _CAPITAL.sub(r"_\g<0>", calmed[end:])).lower()
