"""The seed of mypy's caches: the third-party modules that many integrations import, checked once.

A seed saves time and nothing else: mypy itself checks every entry of its cache against file, options,
plugins and version before it uses it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seatrial.lint.tools.tool import Seed

_FROM = re.compile(rb"^[ \t]*from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]+([^\r\n#]*)", re.MULTILINE)
_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([A-Za-z_][\w., \t]*)", re.MULTILINE)


def settings_key(tables: Mapping[str, Any]) -> str:
    """Return a key that is equal for folders with the same settings of mypy and of its plugins."""
    return json.dumps(
        {name: value for name, value in tables.items() if "mypy" in name}, sort_keys=True, default=str
    )


def imported(source: bytes) -> Iterator[str]:
    """Yield the dotted names that a Python file seems to import; `from a import b` may mean the module `a.b`."""
    for match in _FROM.finditer(source):
        module = match[1].decode()
        yield module
        yield from (f"{module}.{name}" for name in _names(match[2]))
    for match in _IMPORT.finditer(source):
        yield from (part.split()[0] for part in match[1].decode().split(",") if part.split())


def _names(listed: bytes) -> Iterator[str]:
    for part in listed.decode("utf-8", "replace").strip("( )\t\\").split(","):
        if (words := part.split()) and words[0].isidentifier():
            yield words[0]


def program(modules: Iterable[str]) -> str:
    """Return a Python file that imports these modules."""
    return "".join(f"import {module}\n" for module in sorted(set(modules)))


SEED = Seed(settings_key, imported, program)
