"""The pages of a site: the fleet, an integration each, a rule each; every text of an integration is escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from seatrial.core.model import Finding, Severity
from seatrial.core.names import counted
from seatrial.core.printable import cut
from seatrial.core.rules import Rule
from seatrial.fleet.quality.fleet_history import Series
from seatrial.fleet.quality.scale import CRITERION_OF, MEANINGS, SCALE, Level, words
from seatrial.fleet.quality.status_rows import StatusRow, can_fix, file_name, spread, step_words
from seatrial.report.excerpt import excerpt
from seatrial.report.html import THEME, block, data, document, lines, table, text
from seatrial.report.text import said

MOST_FINDINGS = 200
"""The findings on the page of an integration; those of advice come last."""

MOST_FAILING = 1_000
"""The integrations on the page of a rule."""

MOST_VERSIONS = 40
"""The versions on the page of an integration."""

LONGEST = 1_500
"""The most characters of an entity on a page."""

GRAVE = {
    Severity.ERROR: "Errors",
    Severity.WARNING: "Warnings",
    Severity.INFO: "Infos",
    Severity.ADVICE: "Advice",
}


@dataclass(frozen=True)
class Entity:
    """An entity that the mapping makes of an example; `reason` says why its value is not shown, empty where it is."""

    kind: str
    file: str
    value: Any
    reason: str = ""


@dataclass(frozen=True)
class Release:
    """A version of a changelog, with the first words of its entry."""

    version: str
    date: str
    words: str


@dataclass(frozen=True)
class Detail:
    """What the page of an integration shows besides its row; `entity_count` counts those left out as well."""

    entities: Sequence[Entity] = ()
    entity_count: int = 0
    releases: Sequence[Release] = ()
    release_count: int = 0


@dataclass(frozen=True)
class Site:
    """What a site shows: rows, details by the path of an integration, rules by code, and plots.

    `lines` gives the lines of the file that a finding is in, none where they must not be shown. `made` is a date.
    """

    rows: Sequence[StatusRow]
    rules: Mapping[str, Rule]
    detail: Callable[[StatusRow], Detail]
    lines: Callable[[Finding], Sequence[str]]
    series: Sequence[Series]
    made: str

    def pages(self) -> Iterator[tuple[str, str]]:
        """Yield the path of each file of the site with its text."""
        yield "index.html", self.index()
        yield "rules.html", self.rule_list()
        yield "licences.txt", licences()
        for row in self.rows:
            yield f"integrations/{file_name(row.name)}.html", self.integration(row)
        for code in self.failing:
            yield f"rules/{code}.html", self.rule(code)

    @cached_property
    def failing(self) -> Mapping[str, Mapping[str, Sequence[Finding]]]:
        """The findings of each rule that some integration fails, by the name of the integration."""
        found: dict[str, dict[str, list[Finding]]] = {}
        for row in self.rows:
            for one in row.findings:
                found.setdefault(one.code, {}).setdefault(row.name, []).append(one)
        return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))

    def index(self) -> str:
        """Return the page of the fleet."""
        plots = [one for one in self.series if len(one.days) > 1]
        parts = [
            '<a class="skip" href="#main">Skip to the table</a>',
            f"<header><h1>The fleet</h1><p>{len(self.rows)} integrations on {text(self.made)} · "
            '<a href="rules.html">rules</a></p>',
            _tiles(self.rows),
            '</header>\n<main id="main" tabindex="-1">',
            *_fleet(self.rows),
            *_plots(plots),
            "</main>",
            data("series", [{"name": one.name, "days": one.days, "lines": one.lines} for one in plots]),
        ]
        scripts = [asset("vendored/list.min.js"), asset("vendored/uPlot.iife.min.js"), asset("site.js")]
        return document("The fleet", style(fleet=True), "\n".join(parts), scripts)

    def rule_list(self) -> str:
        """Return the page of all rules that some integration fails."""
        rows = "".join(self._rule_row(code, found) for code, found in self.failing.items())
        heads = ("rule", "fault", "level", "integrations", "findings", "fixable")
        head = "".join(f'<th scope="col"{_number(at > 2)}>{one}</th>' for at, one in enumerate(heads))
        body = (
            f"{_way('')}<main><h1>Rules that integrations fail</h1><p>Those that most fail come first. "
            "Fixable are findings that <code>seatrial fix</code> repairs.</p>"
            f"{table('Rules', f'<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>')}</main>"
        )
        return document("Rules", style(), body)

    def _rule_row(self, code: str, found: Mapping[str, Sequence[Finding]]) -> str:
        every = [one for some in found.values() for one in some]
        criterion = CRITERION_OF.get(code)
        counts = (len(found), len(every), sum(map(can_fix, every)))
        numbers = "".join(f'<td class="number">{count}</td>' for count in counts)
        return (
            f'<tr><th scope="row"><a href="rules/{text(code)}.html">{text(code)}</a></th>'
            f"<td>{text(every[0].name)}</td><td>{_level(criterion.level) if criterion else ''}</td>{numbers}</tr>\n"
        )

    def rule(self, code: str) -> str:
        """Return the page of a rule."""
        found, known = self.failing[code], self.rules.get(code)
        every = [one for some in found.values() for one in some]
        criterion = CRITERION_OF.get(code)
        parts = [
            _way("../", ("../rules.html", "rules")),
            f"<main><h1>{text(code)} {text(every[0].name)}</h1>",
        ]
        if known:
            parts.append(f"<p><strong>{text(known.law)}</strong></p>")
            parts += [f"<p>{text(' '.join(one.split()))}</p>" for one in known.reason.split("\n\n")]
        if criterion:
            parts.append(f"<p>{_level(criterion.level)} {text(criterion.holds)}</p>")
        fixable = sum(map(can_fix, every))
        parts.append(
            f"<h2>Who fails it</h2><p>{len(found)} of {len(self.rows)} integrations, "
            f"{counted(len(every), 'finding')}, of which <code>seatrial fix</code> repairs {fixable}.</p><ul>"
        )
        for name, some in list(found.items())[:MOST_FAILING]:
            where = f"{counted(len(some), 'finding')}, first: {text(cut(some[0].message, 300))}"
            parts.append(
                f'<li><a href="../integrations/{file_name(name)}.html">{text(name)}</a>: {where}</li>'
            )
        left = len(found) - MOST_FAILING
        parts.append(f"</ul>{f'<p>and {left} more</p>' if left > 0 else ''}</main>")
        return document(f"{code} {every[0].name}", style(), "\n".join(parts))

    def integration(self, row: StatusRow) -> str:
        """Return the page of an integration."""
        detail = self.detail(row)
        facts = (
            ("type", row.type),
            ("version", row.version),
            ("published", row.published),
            ("framework", row.framework and f"port-ocean {row.framework}"),
            ("behind", row.behind),
            ("suppressed findings", str(row.suppressed or "")),
        )
        shown = "".join(f"<li>{name} <strong>{text(value)}</strong></li>" for name, value in facts if value)
        parts = [
            _way("../"),
            f"<main><h1>{text(row.name)} {_level(row.level)}</h1>",
            f'<ul class="facts">{shown}</ul>',
            *_step(row),
            *_criteria(row),
            *self._findings(row),
            *_entities(detail),
            *_history(detail),
            "</main>",
        ]
        return document(row.name, style(), "\n".join(parts))

    def _findings(self, row: StatusRow) -> Iterator[str]:
        yield f'<h2 id="findings">Findings ({len(row.findings)})</h2>'
        left = MOST_FINDINGS
        for severity, title in GRAVE.items():
            some = [one for one in row.findings if one.severity is severity]
            if some and left > 0:
                opened = "" if severity in (Severity.INFO, Severity.ADVICE) else " open"
                yield f"<details{opened}><summary>{title} ({len(some)})</summary>"
                yield from (self._finding(one) for one in some[:left])
                yield f"<p>and {len(some) - left} more</p></details>" if some[left:] else "</details>"
            left -= len(some)

    def _finding(self, one: Finding) -> str:
        seen = list(excerpt(one, self.lines(one)))
        place = f"{one.path}:{one.line}:{one.column}"
        box = lines(f"{one.code}, {place}", seen) if seen else ""
        return (
            f'<div class="finding {one.severity.value}"><p><a href="../rules/{text(one.code)}.html">{text(one.code)}'
            f"</a> {text(one.name)} <code>{text(place)}</code></p><p>{text(cut(said(one), 1_000))}</p>{box}</div>"
        )


def _tiles(rows: Sequence[StatusRow]) -> str:
    counts = spread(rows)
    tiles = (f"<li><b>{count}</b>{_level(level)}</li>" for level, count in counts.items())
    return f'<ul class="tiles" aria-label="Integrations at each level">{"".join(tiles)}</ul>'


COLUMNS = (
    ("name", "integration", ""),
    ("level", "level", ""),
    ("version", "version", "wide"),
    ("published", "published", "wide"),
    ("", "next step", "next"),
    ("findings", "findings", "wide"),
    ("suppressed", "suppressed", "wide"),
    ("framework", "framework", "wide"),
    ("behind", "behind", "wide"),
)
"""The columns of the fleet: the field by which it is sorted, the title, and a class."""

MAY_LACK = {
    "published": lambda row: row.published,
    "suppressed": lambda row: row.suppressed,
    "behind": lambda row: row.lag,
}
"""The columns that are left out where no integration has anything in them."""


def _fleet(rows: Sequence[StatusRow]) -> Iterator[str]:
    options = "".join(f'<option value="{one.value}">{words(one)}</option>' for one in Level)
    yield (
        '<div class="tools hidden" id="tools"><label>Search<input id="search" type="search" autocomplete="off">'
        f'</label><label>Level<select id="grade"><option value="">all</option>{options}</select></label>'
        '<output id="shown" for="search grade"></output></div>'
    )
    shown = [one for one in COLUMNS if one[0] not in MAY_LACK or any(map(MAY_LACK[one[0]], rows))]
    heads = "".join(_head(*one) for one in shown)
    titles = {title for _, title, _ in shown}
    body = "".join(_fleet_row(row, titles) for row in rows)
    inner = f'<thead><tr>{heads}</tr></thead><tbody class="list">{body}</tbody>'
    yield table("Integrations", inner, identifier="fleet")
    yield '<p><button type="button" id="more" class="hidden">Show all</button></p>'


def _head(by: str, title: str, classes: str) -> str:
    inner = f'<button type="button" data-by="{by}">{title}</button>' if by else title
    return f'<th scope="col" class="{classes}">{inner}</th>'


def _fleet_row(row: StatusRow, titles: Collection[str]) -> str:
    found = sum(row.families.values())
    fields = {
        "name": row.name,
        "level": row.level.rank if row.level else -1,
        "grade": row.level_name,
        "version": row.version,
        "published": row.published,
        "findings": found,
        "suppressed": row.suppressed,
        "framework": row.framework,
        "behind": row.lag,
        "words": _words(row),
    }
    given = " ".join(f'data-{name}="{text(str(value))}"' for name, value in fields.items())
    cells = {
        "level": _level(row.level),
        "version": text(row.version),
        "published": text(row.published),
        "next step": _next(row, "rules/"),
        "findings": _found(row, found),
        "suppressed": str(row.suppressed or ""),
        "framework": text(row.framework),
        "behind": text(row.behind),
    }
    link = f'<a href="integrations/{file_name(row.name)}.html">{text(row.name)}</a>'
    classes = {title: name for _, title, name in COLUMNS}
    inner = "".join(
        f'<td class="{classes[title]}">{cell}</td>' if classes[title] else f"<td>{cell}</td>"
        for title, cell in cells.items()
        if title in titles
    )
    return f'<tr {given}><th scope="row">{link}</th>{inner}</tr>'


def _found(row: StatusRow, count: int) -> str:
    families = " ".join(f"{family}:{number}" for family, number in row.families.items())
    return f'{count} <span class="soft">{text(families)}</span>' if count else ""


def _words(row: StatusRow) -> str:
    """Return the words by which a row is found: names, level, framework, and the codes of its findings."""
    codes = dict.fromkeys(one.code for one in row.findings)
    return " ".join([row.name, row.type, row.level_name, row.version, row.framework, *codes]).lower()


def _next(row: StatusRow, rules: str, classes: str = "wide") -> str:
    if not row.missing:
        return "" if row.is_judged else "a rule failed on it"
    first = row.missing[0]
    more = f" (1 of {len(row.missing)})" if row.missing[1:] else ""
    step = cut(step_words(first).partition(" ")[2], 160)
    return (
        f'{_level(first.level)}{more} <a href="{rules}{text(first.code)}.html">{text(first.code)}</a>'
        f'<span class="{classes}"> {text(step)} <code>{text(row.command)}</code></span>'
    )


def _plots(series: Sequence[Series]) -> Iterator[str]:
    if not series:
        return
    yield '<h2 id="plots">Over time</h2><div class="plots">'
    for one in series:
        yield f'<figure><figcaption>{text(one.title)}</figcaption><div class="plot" id="plot-{one.name}" role="img" '
        yield f'aria-label="{text(one.title)}: a plot of the numbers below"></div>'
        head = "".join(f'<th scope="col" class="number">{text(name)}</th>' for name in one.lines)
        rows = "".join(
            f'<tr><th scope="row">{_date(day)}</th>{"".join(_cell(line[at]) for line in one.lines.values())}</tr>'
            for at, day in enumerate(one.days)
        )
        inner = f'<thead><tr><th scope="col">day</th>{head}</tr></thead><tbody>{rows}</tbody>'
        box = table(f"{one.title}, numbers", inner)
        yield f"<details><summary>The numbers</summary>{box}</details></figure>"
    yield "</div>"


def _cell(number: float | None) -> str:
    return f'<td class="number">{"" if number is None else f"{number:g}"}</td>'


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _step(row: StatusRow) -> Iterator[str]:
    if row.missing:
        yield f"<p>The cheapest step to the next level: {_next(row, '../rules/', 'whole')}</p>"


def _criteria(row: StatusRow) -> Iterator[str]:
    """Yield what holds on the scale and what does not, a level each; those below the own level are folded."""
    if row.level is None:
        return
    yield '<h2 id="scale">On the scale</h2>'
    missing = {one.code for level in Level if level is not Level.NONE for one in row.standing.gaps(level)}
    for level in (one for one in Level if one.rank > Level.PUBLISHABLE.rank):
        opened = " open" if row.level.rank < level.rank <= row.level.rank + 1 else ""
        yield f'<details{opened}><summary>{_level(level)} {MEANINGS[level]}</summary><ul class="criteria">'
        for one in (one for one in SCALE if one.level is level):
            failed = [code for code in one.codes if code in missing]
            links = ", ".join(f'<a href="../rules/{code}.html">{code}</a>' for code in failed)
            word = f" ({links})" if failed else ""
            state = '<span class="soft">not yet</span> ' if failed else ""
            yield f'<li class="{"no" if failed else "yes"}">{state}{text(one.holds)}{word}</li>'
        yield "</ul></details>"


def _entities(detail: Detail) -> Iterator[str]:
    if not detail.entity_count:
        return
    yield f'<h2 id="entities">Entities of its examples ({detail.entity_count})</h2>'
    counts = Counter(one.kind for one in detail.entities)
    for kind in counts:
        yield f"<h3>{text(kind)}</h3>"
        for one in (one for one in detail.entities if one.kind == kind):
            name = one.value.get("identifier") if isinstance(one.value, dict) else None
            heading = text(cut(str(name), 120)) if name is not None else "not shown"
            shown = f"<p>{text(one.reason)}</p>" if one.reason else _entity(one)
            yield f'<details><summary>{heading} <span class="soft">{text(one.file)}</span></summary>{shown}</details>'
    if len(detail.entities) < detail.entity_count:
        yield f"<p>and {detail.entity_count - len(detail.entities)} more; <code>seatrial preview</code> shows all</p>"


def _entity(one: Entity) -> str:
    return block(f"Entity of {one.file}", one.value, LONGEST)


def _history(detail: Detail) -> Iterator[str]:
    if not detail.releases:
        return
    yield f'<h2 id="history">Versions ({detail.release_count})</h2>'
    head = "".join(f'<th scope="col">{one}</th>' for one in ("version", "date", "what it brings"))
    rows = "".join(_release(one) for one in detail.releases[:MOST_VERSIONS])
    yield table("Versions", f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>")
    if detail.release_count > len(detail.releases[:MOST_VERSIONS]):
        yield f"<p>and {detail.release_count - len(detail.releases[:MOST_VERSIONS])} older ones</p>"


def _release(one: Release) -> str:
    cells = f"<td>{text(one.date)}</td><td>{text(cut(one.words, 200))}</td>"
    return f'<tr><th scope="row">{text(one.version)}</th>{cells}</tr>'


def _level(level: Level | None) -> str:
    if level is None:
        return '<span class="level unknown">unknown</span>'
    return f'<span class="level {level.value}">{words(level)}</span>'


def _way(up: str, *more: tuple[str, str]) -> str:
    links = [f'<a href="{up}index.html">The fleet</a>', *(f'<a href="{to}">{name}</a>' for to, name in more)]
    return f'<nav aria-label="Way">{" / ".join(links)}</nav>'


def _number(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


@cache
def asset(name: str) -> str:
    """Return the text of a file beside this module."""
    return files("seatrial.fleet.quality.site").joinpath(name).read_text(encoding="utf-8")


@cache
def style(fleet: bool = False) -> str:
    """Return the style of a page, with that of the table of the fleet and of plots where it has them."""
    more = asset("fleet.css") + asset("vendored/uPlot.min.css") if fleet else ""
    return f"{THEME}{asset('style.css')}{more}"


def licences() -> str:
    """Return the licences of the libraries that the pages carry."""
    names = {
        "list.js 2.3.1, https://listjs.com": "list",
        "uPlot 1.6.32, https://github.com/leeoniya/uPlot": "uPlot",
    }
    return "\n".join(f"{title}\n\n{asset(f'vendored/{name}.LICENSE')}" for title, name in names.items())
