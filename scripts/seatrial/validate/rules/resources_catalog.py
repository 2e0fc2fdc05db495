"""Family RES, scorecards, pages and actions: their own content, and the blueprints they refer to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from seatrial.core.model import Edit, Fix, Problem
from seatrial.core.rules import WARNING, Edited, Problems, rule
from seatrial.core.settings import Settings
from seatrial.core.suggest import did_you_mean, nearest, recased
from seatrial.core.vocabulary import ICONS, ICONS_ALSO
from seatrial.documents.document import Document
from seatrial.schemas.wording import shown
from seatrial.validate.facts.blueprints import META, Blueprints
from seatrial.validate.facts.catalog import (
    Dashboard,
    Reference,
    acted_blueprints,
    all_scorecards,
    dashboards,
    every_object,
    shown_blueprints,
)
from seatrial.validate.facts.items import Item, Rows
from seatrial.validate.rules.resources import (
    BLUEPRINTS,
    RESOURCES,
    SCORECARDS,
    place,
    rename,
    unknown_blueprint,
)
from seatrial.validate.rules.shared import replaced

ROW_WIDTH = 12
"""The width of a row: the sizes of its columns add up to this."""


def _with_page(identifier: str, size: int, blueprint: str) -> Edited:
    """Return the edit that adds a page with a text beside a chart of this size, in a column of this identifier."""
    text = f"""\
[
  {{
    "identifier": "goodServiceOverview",
    "title": "Good Service",
    "type": "dashboard",
    "widgets": [
      {{
        "type": "dashboard-widget",
        "id": "dashboard",
        "layout": [
          {{
            "height": 400,
            "columns": [
              {{"id": "welcome", "size": 6}},
              {{"id": "{identifier}", "size": {size}}}
            ]
          }}
        ],
        "widgets": [
          {{"type": "markdown", "id": "welcome", "title": "Welcome", "markdown": "Hello"}},
          {{"type": "entities-number-chart", "id": "openTasks", "title": "Open", "blueprint": "{blueprint}"}}
        ]
      }}
    ]
  }}
]
"""
    return lambda folder: folder.having(f"{RESOURCES}/pages.json", text)


_ACTION = """\
[
  {
    "identifier": "closeTask",
    "title": "Close",
    "trigger": {
      "type": "self-service",
      "operation": "DAY-2",
      "blueprintIdentifier": "goodServiceTasks",
      "userInputs": {"properties": {}, "required": []}
    },
    "invocationMethod": {"type": "WEBHOOK", "url": "https://example.com/close"}
  }
]
"""


@rule("RES124", bad=replaced(SCORECARDS, '"level": "Silver"', '"level": "Platinum"'))
def unknown_scorecard_level(scorecards: Rows) -> Problems:
    """The level of a scorecard rule is one of the scorecard's levels.

    A scorecard without levels of its own has Basic, Bronze, Silver and Gold. Port rejects a rule with
    any other level.
    """
    for scorecard in all_scorecards(scorecards):
        levels = scorecard.levels
        for item in scorecard.rules:
            level = item.text("level")
            if level and levels and level not in levels:
                where = scorecards.document.at(*item.way("level"))
                fix = rename(level, levels, "write one of " + ", ".join(map(shown, levels[:12])), where)
                yield Problem(where, f"the scorecard has no level {shown(level)}", fix)


@rule("RES125", severity=WARNING, bad=_with_page("openTask", 6, "goodServiceTask"))
def page_layout_mismatch(pages: Rows) -> Problems:
    """The columns of a page's layout and its widgets have the same ids.

    A column without a widget is an empty space, and a widget without a column is not shown.
    """
    for dashboard in dashboards(pages):
        yield from _misplaced(pages.document, dashboard)


def _misplaced(document: Document, dashboard: Dashboard) -> Problems:
    placed, widgets = list(dashboard.placed()), list(dashboard.widgets())
    empty, hidden = _less(placed, widgets), _less(widgets, placed)
    for column in empty:
        where = place(document, column)
        known = [one.name for one in hidden]
        fix = rename(column.name, known, "write the id of a widget, or delete the column", where)
        yield Problem(where, f"no widget has the id {shown(column.name)} of this column", fix)
    for widget in () if empty else hidden:
        message = f"no column of the layout shows the widget {shown(widget.name)}"
        yield Problem(place(document, widget), message, Fix("give it a column in the layout, or delete it"))


def _less(some: Iterable[Reference], others: Iterable[Reference]) -> list[Reference]:
    names = {other.name for other in others}
    return [one for one in some if one.name not in names]


@rule("RES126", severity=WARNING, bad=_with_page("openTasks", 8, "goodServiceTask"))
def page_row_width(pages: Rows) -> Problems:
    """The sizes of the columns in a row add up to twelve.

    Port lays out a row in twelfths: a wider one breaks, a narrower one leaves a gap.
    """
    for dashboard in dashboards(pages):
        for row in dashboard.rows:
            width = _width(row)
            if width not in (None, ROW_WIDTH):
                where = pages.document.at(*row.way("columns"))
                message = f"the columns of this row are {width} wide together, not {ROW_WIDTH}"
                fix = Fix(f"change the sizes of the columns so that they add up to {ROW_WIDTH}")
                yield Problem(where, message, fix)


def _width(row: Item) -> int | None:
    """Return the sum of the sizes; None where one of them is not a whole number."""
    sizes = [column.value.get("size") for column in row.items("columns")]
    whole = [size for size in sizes if isinstance(size, int) and not isinstance(size, bool)]
    return sum(whole) if sizes and len(whole) == len(sizes) else None


_ICON_CUTOFF = 0.85
"""Less alike names are of two icons: at this measure none of the icons in Port's documentation is near another."""


MOST_ICONS = 1_000
"""With more names of icons than this, the known ones included, no further one is compared."""


def _icons(documents: Mapping[str, Document]) -> Iterator[tuple[Document, Item]]:
    """Yield every object with an icon, in blueprints, pages and actions."""
    for document in documents.values():
        rows = Rows.of(document)
        for item in every_object(rows) if rows else ():
            if item.text("icon").strip():
                yield document, item


@rule(
    "RES128",
    severity=WARNING,
    bad=replaced(BLUEPRINTS, '"title": "State",', '"title": "State",\n          "icon": "Metricc",'),
)
def misspelled_icon(resource_documents: Mapping[str, Document], settings: Settings) -> Problems:
    """No icon in a resource file is a misspelling of one that Port has.

    Port shows an empty frame for an icon that it does not find. It publishes no list that is complete, so an
    icon that resembles none of the known ones is not reported, nor is the plural of a known one.
    """
    known = ICONS | settings.known_icons
    found: dict[str, str | None] = dict.fromkeys(known | ICONS_ALSO)
    for document, item in _icons(resource_documents):
        icon = item.text("icon")
        if icon not in found and len(found) < MOST_ICONS:
            found[icon] = _meant(icon, known)
        if near := found.get(icon):
            is_cased = near.lower() == icon.lower()
            message = f"icon {shown(icon)} is {'in the wrong case' if is_cased else 'not known'}"
            where = document.at(*item.way("icon"))
            fix = Fix(
                f"change it to {shown(near)}", Edit(where, icon, near), guessed=not recased(icon, known)
            )
            yield Problem(where, message + did_you_mean(near), fix)


def _meant(icon: str, known: Collection[str]) -> str | None:
    """Return the known icon that an unknown one resembles; None for none, and for the one of which it is the plural."""
    near = nearest(icon, known, _ICON_CUTOFF)
    is_plural = (
        near
        and near.lower() != icon.lower()
        and near.lower().removesuffix("s") == icon.lower().removesuffix("s")
    )
    return None if is_plural else near


@rule(
    "RES206",
    bad=replaced(SCORECARDS, '"blueprint": "goodServiceProject"', '"blueprint": "goodServiceProjects"'),
)
def unknown_scorecard_blueprint(scorecards: Rows, blueprints: Blueprints) -> Problems:
    """The blueprint of a scorecard exists.

    Otherwise Port rejects the scorecard, and the installation fails.
    """
    for preset in scorecards.items:
        name = preset.text("blueprint")
        if name and blueprints.lacks(name):
            where = scorecards.document.at(*preset.way("blueprint"))
            message = f"there is no blueprint {shown(name)} for these scorecards"
            yield unknown_blueprint(name, blueprints, where, message)


@rule("RES207", bad=replaced(SCORECARDS, '"property": "owner"', '"property": "owners"'))
def unknown_scorecard_property(scorecards: Rows, blueprints: Blueprints) -> Problems:
    """The properties that a scorecard uses are properties of its blueprint.

    A rule about any other is never met, or Port rejects it.
    """
    for scorecard in all_scorecards(scorecards):
        blueprint = blueprints.find(scorecard.blueprint)
        for reference in scorecard.properties():
            if blueprint and blueprint.lacks(reference.name):
                where = place(scorecards.document, reference)
                message = f"blueprint {shown(blueprint.identifier)} has no property {shown(reference.name)}"
                known = blueprint.names | META
                fix = rename(reference.name, known, "write a property of the blueprint", where)
                yield Problem(where, message, fix)


@rule("RES208", bad=_with_page("openTasks", 6, "goodServiceTasks"))
def unknown_page_blueprint(pages: Rows, blueprints: Blueprints) -> Problems:
    """The widgets of a page show only blueprints that exist.

    Otherwise Port rejects the page, or the widget stays empty. A widget's settings for a blueprint that
    does not exist are only a warning, because the widget works without them.
    """
    references = list(shown_blueprints(pages))
    shown_ones = [one for one in references if not one.at_key]
    yield from _missing(pages.document, shown_ones, blueprints)
    for problem in _missing(pages.document, _less(references, shown_ones), blueprints):
        yield replace(problem, severity=WARNING)


@rule("RES209", bad=lambda folder: folder.having(f"{RESOURCES}/actions.json", _ACTION))
def unknown_action_blueprint(actions: Rows, blueprints: Blueprints) -> Problems:
    """The blueprint of an action exists.

    Otherwise Port rejects the action, and the installation fails.
    """
    yield from _missing(actions.document, acted_blueprints(actions), blueprints)


def _missing(document: Document, references: Iterable[Reference], blueprints: Blueprints) -> Problems:
    """Yield one problem for each blueprint that does not exist, at its first place."""
    places: dict[str, list[Reference]] = {}
    for reference in references:
        if blueprints.lacks(reference.name):
            places.setdefault(reference.name, []).append(reference)
    for name, (first, *more) in places.items():
        where = place(document, first)
        message = f"there is no blueprint {shown(name)}"
        message += f", and it is named {len(more) + 1} times here" if more else ""
        yield unknown_blueprint(name, blueprints, where, message)
