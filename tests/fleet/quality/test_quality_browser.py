"""A site and a preview in a real browser: by keyboard, search and screen reader, by day and night, in every width."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.framework import Framework
from seatrial.core.model import Finding, Fix, Integration, MemoryFolder, Severity
from seatrial.fleet.quality.fleet_history import Series
from seatrial.fleet.quality.scale import Standing
from seatrial.fleet.quality.site.pages import Detail, Entity, Release, Site
from seatrial.fleet.quality.status_rows import StatusRow
from seatrial.preview.cases import example_set_of
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.page import render as page_of
from seatrial.preview.previews import preview_of
from seatrial.validate.rules import BY_CODE
from support.browser import NAMED, PROGRAM, Node, Page, browser
from support.services import lacking

pytestmark = pytest.mark.slow

CODES = ("RES204", "SPC011", "COD113", "TST140", "EXA221", "SPC131")
EVIL = "<img src=x onerror=document.title='taken'>"
MANY = 40
LARGE = 5_000


def row(number: int) -> StatusRow:
    code = CODES[number % len(CODES)]
    severity = Severity.ERROR if code == "RES204" else Severity.INFO
    name = f"{EVIL} {number}" if number == 3 else f"service-{number}"
    found = Finding(
        code, "a-fault", severity, name, f"integrations/{name}/a.json", 2, 3, EVIL, Fix("mend"), code
    )
    return StatusRow(
        name,
        f"integrations/{name}",
        name,
        f"0.{number}.0",
        "0.1.0",
        Standing((found,)),
        number % 3,
        (0, 48),
        number,
    )


def site_of(count: int) -> Site:
    entity = Entity("k", ".port/examples/k/a.json", {"identifier": EVIL, "properties": {"a": None}})
    detail = Detail((entity,), 1, (Release("0.1.0", "2026-01-02", EVIL),), 1)
    days = [1_700_000_000 + day * 86_400 for day in range(60)]
    series = [
        Series("releases", "Releases a week", days, {"releases": [day % 7 for day in range(60)]}),
        Series("levels", "Levels", days, {"gold": list(range(60)), "silver": [None, *range(59)]}),
    ]
    return Site(
        [*map(row, range(count))], BY_CODE, lambda row: detail, lambda one: ["a", "b c"], series, "2026-01-02"
    )


def preview() -> str:
    """Return the page of a preview: two resources of a kind, and an object that one of them refuses."""
    resources = [
        {
            "kind": "k",
            "selector": {"query": query},
            "port": {
                "entity": {"mappings": {"identifier": ".id", "blueprint": '"b"', "properties": {"a": ".b"}}}
            },
        }
        for query in ("true", ".b")
    ]
    examples = {f".port/examples/k/{name}.json": json.dumps({"id": EVIL}) for name in "ab"}
    config = {".port/resources/port-app-config.yaml": json.dumps({"resources": resources})}
    one = Integration(EVIL, "it", MemoryFolder.of(examples | config))
    examples_set = example_set_of(one)
    with Evaluator() as evaluator:
        return page_of([preview_of(one, examples_set, examples_set.cases, Framework((0, 48, 12)), evaluator)])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("site")
    for path, text in site_of(MANY).pages():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (root / "preview.html").write_text(preview(), encoding="utf-8")
    (root / "large.html").write_text(site_of(LARGE).index(), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if PROGRAM is None:
        pytest.skip("a browser is missing, which CI may do without; apt-get install chromium")
    with browser() as page:
        yield page


@pytest.fixture(scope="module")
def axe() -> str:
    found = find_spec("axe_core_python")
    if found is None or found.origin is None:
        lacking("axe-core-python", "install what `make test` installs: the extra [dev]")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


LOOKS = (
    ("index.html", 390, True),
    ("index.html", 1300, False),
    ("integrations/service-0.html", 820, True),
    ("rules.html", 820, False),
    ("rules/RES204.html", 390, False),
    ("preview.html", 390, True),
    ("preview.html", 1300, False),
)


def test_pages_pass_axe_fit_their_width_and_ask_for_nothing(page: Page, place: Path, axe: str) -> None:
    for name, width, dark in LOOKS:
        page.look(width, dark=dark)
        page.open(place / name)
        page.run("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        page.run(axe)
        broken = page.run("axe.run().then((all) => all.violations.map((one) => [one.id, one.nodes[0].html]))")
        assert broken == [], (name, width, dark)
        assert page.run("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        assert page.complaints == [], name
        assert len(page.requests) == 1, page.requests
        announced(page.told(), name)


def announced(nodes: list[Node], page: str) -> None:
    """Whoever hears the page instead of seeing it is told what is on it, and finds the way by headings and places."""
    assert [one for one in nodes if one.role in NAMED and not one.name.strip()] == [], page
    assert [one for one in nodes if one.focusable and not one.name.strip() and one.role != "main"] == [], page
    assert [one.role for one in nodes].count("main") == 1, page
    levels = [one.level for one in nodes if one.role == "heading"]
    assert levels[0] == 1 and levels.count(1) == 1, (page, levels)
    assert all(after <= before + 1 for before, after in pairwise(levels)), (page, levels)
    boxes = [one.name for one in nodes if one.focusable and one.role in ("group", "region")]
    assert len(boxes) == len({*boxes}), (page, boxes)


def test_hostile_names_stay_text_also_after_sorting_and_searching(page: Page, place: Path) -> None:
    page.look(1300)
    page.open(place / "index.html")
    assert rows(page)[0] == "service-0"
    press(page, "version")
    press(page, "version")
    assert rows(page)[0] == f"service-{MANY - 1}"
    assert page.run("document.querySelector('[aria-sort]').textContent") == "version"
    search(page, "ONERROR 3")
    assert rows(page) == [f"{EVIL} 3"] and page.run("shown.textContent") == f"1 of {MANY} integrations"
    search(page, "tst140 silver")
    assert len(rows(page)) == MANY // len(CODES) + 1
    page.run("grade.value = 'none'; grade.dispatchEvent(new Event('change'))")
    assert rows(page) == []
    assert page.run("document.title") == "The fleet" and page.complaints == []
    assert page.run("document.querySelectorAll('canvas').length") == 2


def test_five_thousand_rows_can_be_used(page: Page, place: Path) -> None:
    page.open(place / "large.html")
    assert len(rows(page)) == 300
    took = page.run(
        "(() => { const start = performance.now(); "
        + PRESS % "version"
        + "; return performance.now() - start })()"
    )
    assert took < 3_000
    search(page, f"service-{LARGE - 1}")
    assert rows(page) == [f"service-{LARGE - 1}"]


PRESS = "document.querySelector('[data-by=%s]').click()"


def press(page: Page, column: str) -> None:
    page.run(PRESS % column)


def search(page: Page, words: str) -> None:
    page.run(f"search.value = {words!r}; search.dispatchEvent(new Event('input'))")
    page.run("new Promise((done) => setTimeout(done, 150))")


def rows(page: Page) -> Any:
    return page.run("[...document.querySelectorAll('#fleet tbody th')].map((one) => one.textContent)")
