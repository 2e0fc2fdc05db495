"""Schemas of the files under `.port`: the grammar as data, its violations as values."""

from __future__ import annotations

from typing import Any

from seatrial.core.framework import Framework
from seatrial.documents.document import Keys
from seatrial.schemas.grammar import NAMES, grammar, in_framework
from seatrial.schemas.quick import conforming
from seatrial.schemas.wording import Repair, Violation

__all__ = ["NAMES", "Repair", "Violation", "violations"]


def violations(schema: str, value: Any, framework: Framework | None = None) -> tuple[Violation, ...]:
    """Return the violations of the named schema by `value`, in document order, at most a hundred places.

    The schema is that of a version of the framework; without one, that of the newest. Cerberus, which is slow
    to load and to run, is used only for documents that do not conform.
    """
    schema = in_framework(schema, framework or Framework())
    try:
        return () if conforming(schema)(value) else _explained(schema, value)
    except RecursionError:
        names = grammar(schema).names
        return (Violation(names["form"], (), f"{grammar(schema).noun} is nested too deep to be checked"),)


def _explained(schema: str, value: Any) -> tuple[Violation, ...]:
    from seatrial.schemas.engine import breaches
    from seatrial.schemas.wording import explained

    found = sorted(breaches(schema, value), key=lambda breach: _order(value, breach.keys))
    return tuple(explained(schema, value, found))


def _order(value: Any, keys: Keys) -> tuple[int, ...]:
    """Return the place of a value in its document, as the count of keys before it at each level."""
    order = []
    for key in keys:
        if isinstance(value, dict):
            order.append(list(value).index(key) if key in value else -1)
            value = value.get(key)
        else:
            order.append(key if isinstance(key, int) else -1)
            value = value[key] if isinstance(value, list) and isinstance(key, int) else None
    return tuple(order)
