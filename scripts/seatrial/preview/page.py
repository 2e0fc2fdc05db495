"""A preview as one HTML page: no script, nothing from elsewhere, every text of an integration escaped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from seatrial.core.printable import cut
from seatrial.preview.preview_text import place, shown, stale_words, totals
from seatrial.preview.previews import Group, Preview, PreviewRow
from seatrial.preview.processor import ObjectVerdict, Value
from seatrial.report.html import THEME, document, table
from seatrial.report.html import block as _block
from seatrial.report.html import text as _text

MOST_ROWS = 100
"""The most objects of a kind on the page."""

STYLE = (
    THEME
    + """
h1 { font-size: 1.5rem; } h2 { font-size: 1.25rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
h4 { font-size: .875rem; margin: .5rem 0; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; }
.three { display: grid; gap: .75rem; grid-template-columns: minmax(0, 1fr); padding: 0 .75rem .75rem; }
@media (min-width: 70rem) { .three { grid-template-columns: minmax(0, 3fr) minmax(0, 5fr) minmax(0, 3fr); } }
.scroll { max-height: 32rem; overflow: auto; }
table { border-collapse: collapse; font-size: .875rem; min-width: 32rem; table-layout: fixed; width: 100%; }
th, td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; padding: .25rem .5rem; text-align: left; }
th, td { vertical-align: top; }
thead th:first-child { width: 30%; }
.null { color: var(--null); } .bad { color: var(--bad); }
.reason { margin: 0 .75rem .75rem; }
.why { display: block; font-size: .8125rem; }
"""
)


def render(previews: Sequence[Preview]) -> str:
    """Return the page of previews."""
    body = "\n".join(line for number, preview in enumerate(previews) for line in _preview(number, preview))
    contents = "\n".join(
        f'<li><a href="#p{number}">{_text(preview.integration)}</a></li>'
        for number, preview in enumerate(previews)
    )
    count = len(previews)
    whole = f"""<a class="skip" href="#main">Skip to the entities</a>
<header>
<h1>Preview</h1>
<p>{_text(totals(previews))}</p>
<nav aria-label="Integrations"><ul>
{contents}
</ul></nav>
</header>
<main id="main" tabindex="-1">
{body}
</main>"""
    return document(f"Preview of {count} integration{'' if count == 1 else 's'}", STYLE, whole)


def _preview(number: int, preview: Preview) -> Iterator[str]:
    yield f'<section aria-labelledby="p{number}">'
    yield f'<h2 id="p{number}">{_text(preview.integration)} <small>{_text(str(preview.framework))}</small></h2>'
    for group in preview.groups:
        yield from _group(group)
    yield from _recorded(preview)
    if strays := (*preview.unreadable, *preview.strays):
        yield "<h3>Not previewed</h3>\n<ul>"
        yield from (f"<li><code>{_text(one.name)}</code>: {_text(one.reason)}</li>" for one in strays)
        yield "</ul>"
    yield "</section>"


def _recorded(preview: Preview) -> Iterator[str]:
    if not preview.recorded:
        return
    yield "<h3>Recorded entities</h3>\n<ul>"
    for one in preview.stale:
        yield f'<li class="bad"><code>{_text(one.path)}</code>: {_text(stale_words(one))}</li>'
    skipped = [one for one in preview.recorded if one.reason]
    yield from (
        f"<li><code>{_text(one.path)}</code> is not compared: {_text(one.reason)}</li>" for one in skipped
    )
    same = len(preview.recorded) - len(preview.stale) - len(skipped)
    yield f"<li>{same} of {len(preview.recorded)} as recorded</li>\n</ul>"


def _group(group: Group) -> Iterator[str]:
    arrow = f" → {', '.join(group.blueprints)}" if group.blueprints else ""
    yield f"<h3>{_text(group.kind + arrow)}</h3>"
    yield f"<p><code>{_text(group.path)}</code>, resource {group.index + 1}</p>"
    if group.refused:
        yield f'<p class="bad">Ocean refuses this mapping: {_text(group.refused)}</p>'
    for row in group.rows[:MOST_ROWS]:
        yield from _row(row, f"{place(row)}, resource {group.index + 1}")
    if group.rows[MOST_ROWS:]:
        yield f"<p>and {len(group.rows) - MOST_ROWS} more</p>"


def _row(row: PreviewRow, name: str) -> Iterator[str]:
    mapped = row.mapped
    yield "<details>"
    yield f"<summary>{_heading(row)} <small>{_text(place(row))}</small></summary>"
    if mapped.reason:
        yield f'<p class="bad reason">{_text(mapped.reason)}</p>'
    yield '<div class="three">'
    yield f"<div><h4>Raw object</h4>{_block(f'Raw object, {name}', mapped.data)}</div>"
    yield f"<div><h4>Expressions</h4>{_expressions(row, name)}</div>"
    yield f"<div><h4>Entity</h4>{_entity(row, name)}{_remarks(row)}</div>"
    yield "</div>\n</details>"


def _heading(row: PreviewRow) -> str:
    entity = row.mapped.entity
    if row.mapped.verdict is not ObjectVerdict.MAPPED or entity is None:
        return f'<span class="bad">{_text(row.mapped.verdict.value)}</span>'
    nulls = f', <span class="null">{len(row.nulls)} null</span>' if row.nulls else ""
    broken = f', <span class="bad">{len(row.remarks)} against the blueprint</span>' if row.remarks else ""
    return f"{_text(shown(entity['identifier']))}{nulls}{broken}"


def _entity(row: PreviewRow, name: str) -> str:
    if row.mapped.verdict is not ObjectVerdict.MAPPED:
        return "<p>none</p>"
    return _block(f"Entity, {name}", row.mapped.entity)


def _remarks(row: PreviewRow) -> str:
    rows = (f"<li><code>{_text(one.where)}</code>: {_text(one.message)}</li>" for one in row.remarks)
    return f'<p class="bad">Breaks the blueprint:</p><ul>{"".join(rows)}</ul>' if row.remarks else ""


def _expressions(row: PreviewRow, name: str) -> str:
    if not row.mapped.values:
        return "<p>none were run</p>"
    head = '<tr><th scope="col">field</th><th scope="col">expression</th><th scope="col">value</th></tr>'
    body = "".join(_expression(row, one) for one in row.mapped.values)
    inner = f"<thead>{head}</thead><tbody>{body}</tbody>"
    return table(f"Expressions, {name}", inner, role="group")


def _expression(row: PreviewRow, value: Value) -> str:
    where = _text(value.where).replace(".", ".<wbr>")
    program = _text(cut(value.program, 400))
    return (
        f'<tr><th scope="row">{where}</th><td><code>{program}</code></td><td>{_value(row, value)}</td></tr>'
    )


def _value(row: PreviewRow, value: Value) -> str:
    if value.is_null:
        return f'<span class="null">null</span><span class="why">{_text(cut(row.why(value), 300))}</span>'
    return f"<code>{_text(cut(_json(value.answer.value), 120))}</code>"


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
