"""Tables put into a TOML file, of which everything else stays to the letter, comments included."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import tomlkit

from seatrial.documents import toml


def with_tables(text: str, tables: Mapping[str, Mapping[str, str | date]]) -> str:
    """Return a TOML text with these tables at its top level, in the place of those of the same name.

    Raises ValueError for a text that is no TOML.
    """
    loaded = toml.load("", text.encode())
    if not loaded.readable:
        raise ValueError(loaded.faults[0].message)
    document = tomlkit.parse(text)
    for name, values in tables.items():
        table = tomlkit.table()
        for key, value in values.items():
            table.add(key, value)
        if name not in document and document.body:
            document.add(tomlkit.nl())
        document[name] = table
    return tomlkit.dumps(document)
