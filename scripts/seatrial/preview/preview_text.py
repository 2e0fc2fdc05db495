"""A preview as text: the entities of each kind, the null values with their reasons, and breaches of the blueprint."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from seatrial.core.names import counted
from seatrial.core.printable import cut, plain
from seatrial.preview.cases import Stray
from seatrial.preview.goldens import Comparison
from seatrial.preview.previews import Group, Preview, PreviewRow
from seatrial.preview.processor import ObjectVerdict

WIDEST = 36
"""The most characters of a value in a table."""

SHOWN = 50
"""The most rows of a kind; the rest are counted."""


def render(previews: Sequence[Preview]) -> str:
    """Return the text of previews, each with its integration's name."""
    return "\n".join(line for preview in previews for line in _preview(preview)) + "\n" if previews else ""


def totals(previews: Sequence[Preview]) -> str:
    """Return the last line: the objects by verdict, null values, breaches and recorded files that differ."""
    rows = [row for preview in previews for group in preview.groups for row in group.rows]
    counts = {verdict: sum(row.mapped.verdict is verdict for row in rows) for verdict in ObjectVerdict}
    said = [f"{count} {verdict.value}" for verdict, count in counts.items() if count]
    nulls = sum(len(row.nulls) for row in rows)
    broken = sum(len(row.remarks) for row in rows)
    stale = sum(len(preview.stale) for preview in previews)
    differ = f"; {stale} recorded {'file differs' if stale == 1 else 'files differ'}" if stale else ""
    made = f"{counted(len(rows), 'object')}: {', '.join(said) or 'none'}"
    breaks = f"{broken} that {'breaks' if broken == 1 else 'break'} the blueprint"
    return f"{made}; {counted(nulls, 'value')} null, {breaks}{differ}"


def _preview(preview: Preview) -> Iterator[str]:
    yield plain(f"{preview.integration}  ({preview.framework})")
    for one in preview.unreadable:
        yield plain(f"  {one.name} cannot be read: {one.reason}")
    if not (preview.groups or preview.strays or preview.unreadable):
        yield "  no examples; try --sample FILE with an object that the API gave"
    for group in preview.groups:
        yield from _group(group)
    yield from _recorded(preview.recorded)
    yield from _strays(preview.strays)
    yield ""


def _recorded(found: Sequence[Comparison]) -> Iterator[str]:
    """Yield a line for each recorded file that differs or is not compared, and the number of the others."""
    if found:
        yield "  recorded entities"
    for one in found:
        if one.is_stale:
            yield plain(f"    {one.path}: {stale_words(one)}")
    same = sum(not (one.is_stale or one.reason) for one in found)
    if same:
        yield f"    {same} of {len(found)} as recorded"
    for one in found:
        if one.reason:
            yield plain(f"    {one.path} is not compared: {one.reason}")


def stale_words(one: Comparison) -> str:
    """Return the first difference of a recorded file, and how many others there are."""
    first, *others = one.differences or (one.fault,)
    return cut(str(first), 260) + (f"; and {len(others)} more" if others else "")


def _strays(strays: Sequence[Stray]) -> Iterator[str]:
    if strays:
        yield "  not previewed"
    by_reason: dict[str, list[str]] = {}
    for one in strays:
        by_reason.setdefault(one.reason, []).append(one.name)
    for reason, names in by_reason.items():
        more = f" and {len(names) - 1} more" if names[1:] else ""
        yield plain(f"    {names[0]}{more}: {reason}")


def _group(group: Group) -> Iterator[str]:
    blueprints = ", ".join(group.blueprints)
    arrow = f" -> {blueprints}" if blueprints else ""
    yield plain(f"  {group.kind}{arrow}  ({group.path}, resource {group.index + 1})")
    if group.refused:
        yield plain(f"    Ocean refuses this mapping: {group.refused}")
        return
    yield from _table(group.rows[:SHOWN])
    if group.rows[SHOWN:]:
        yield f"    and {len(group.rows) - SHOWN} more"
    yield from _values(group)
    yield from _remarks(group)


def _table(rows: Sequence[PreviewRow]) -> Iterator[str]:
    heads = ("identifier", "title", "filled", "null", "file")
    cells = [heads, *(_cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(heads))]
    for line in cells:
        yield plain(
            "    " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )
    for row in rows:
        if row.mapped.verdict is not ObjectVerdict.MAPPED:
            yield plain(f"    {row.mapped.verdict.value}: {place(row)}: {row.mapped.reason}")


def _cells(row: PreviewRow) -> tuple[str, ...]:
    entity = row.mapped.entity if row.mapped.verdict is ObjectVerdict.MAPPED else None
    if entity is None:
        return f"({row.mapped.verdict.name.lower()})", "", "", "", place(row)
    nulls = len(row.nulls)
    filled = str(len(row.mapped.values) - nulls)
    return shown(entity["identifier"]), shown(entity.get("title")), filled, str(nulls), place(row)


def place(row: PreviewRow) -> str:
    """Return the file of a row, with the number of its object and item where there are several."""
    item = f" item {row.mapped.item + 1}" if row.mapped.item is not None else ""
    return f"{row.file}{f' #{row.number + 1}' if row.number else ''}{item}"


def shown(value: Any) -> str:
    """Return a value for a table: shortened, and a string without quotes."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return cut(plain(text), WIDEST)


def _values(group: Group) -> Iterator[str]:
    """Yield two lines for each field that is null: how often, and why."""
    entities = group.entities
    null: dict[str, list[PreviewRow]] = {}
    for row in entities:
        for value in row.nulls:
            null.setdefault(value.where, []).append(row)
    for where, rows in null.items():
        value = next(one for one in rows[0].nulls if one.where == where)
        often = "always" if len(rows) == len(entities) else f"{len(rows)} of {len(entities)}"
        yield plain(f"    null {often}: {where}: {cut(value.program, 80)}")
        yield plain(f"        {cut(rows[0].why(value), 160)}")


def _remarks(group: Group) -> Iterator[str]:
    """Yield a line for each place that breaks the blueprint: how, in which entity, and in how many others."""
    found: dict[str, list[tuple[PreviewRow, str]]] = {}
    for row in group.rows:
        for remark in row.remarks:
            found.setdefault(remark.where, []).append((row, remark.message))
    for where, (first, *others) in found.items():
        more = f" and {len(others)} more" if others else ""
        yield plain(f"    breaks the blueprint: {where}: {first[1]} ({place(first[0])}{more})")
