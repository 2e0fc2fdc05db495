"""A preview as text, as JSON and as a page: whole, escaped, and the same for the same."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

import pytest

from seatrial.core.framework import Framework
from seatrial.core.model import Integration, MemoryFolder
from seatrial.preview import page, preview_text
from seatrial.preview.cases import example_set_of
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.previews import Preview, as_json, preview_of
from support.html_reader import Reader

CONFIG = """
resources:
  - kind: issue
    selector: {query: '.on'}
    port:
      entity:
        mappings:
          identifier: .id
          title: .title
          blueprint: '"issue"'
          properties: {n: .n, far: .fields.parent, loop: 'def f: f; f'}
  - kind: broken
    selector: {query: 'true'}
    port: {entity: {mappings: {identifier: .id, blueprint: 5, properties: {a: [1]}}}}
"""
BLUEPRINTS = [
    {"identifier": "issue", "schema": {"properties": {"n": {"type": "number"}, "far": {}, "loop": {}}}}
]
EVIL = "<script>alert(1)</script>\u202e\x1b[31m\n::error::x"


@pytest.fixture(scope="module")
def preview(warm: Evaluator) -> Preview:
    files: dict[str, Any] = {
        "a": {"id": "A-1", "on": True, "title": EVIL, "n": "5", "fields": {"parentKey": 1}, EVIL: EVIL},
        "b": {"id": "B-1", "on": False},
        "c": {"id": "", "on": True},
        "d": {"id": "D-1", "on": "yes"},
    }
    texts = {f".port/examples/issue/{name}.json": json.dumps(value) for name, value in files.items()}
    folder = MemoryFolder.of({
        ".port/resources/port-app-config.yaml": CONFIG, ".port/resources/blueprints.json": json.dumps(BLUEPRINTS),
        ".port/examples/broken/a.json": "{}", ".port/examples/<b>/a.json": "{}", **texts,
    })  # fmt: skip
    examples = example_set_of(Integration("it & co", "it", folder))
    return preview_of(
        Integration("it & co", "it", folder), examples, examples.cases, Framework((0, 48, 12)), warm
    )


def test_the_text_tells_what_became_of_each_object(preview: Preview) -> None:
    lines = preview_text.render([preview]).splitlines()
    assert lines[0] == "it & co  (port-ocean 0.48.12)"
    assert any(line.startswith("    A-1 ") and "a.json" in line for line in lines)
    for words in (
        "refused by the selector: .port/examples/issue/b.json: the selector is false",
        "skipped: .port/examples/issue/c.json: the identifier is empty ('')",
        "failed: .port/examples/issue/d.json: the selector gives 'yes', not true or false",
        "null always: properties.far: .fields.parent",
        "    .fields is there, .fields.parent is not; near: parentKey",
        "    it does not end within its limits of time and memory",
        'breaks the blueprint: properties.n: "5", a text, where the type is number (.port/examples/issue/a.json)',
        "Ocean refuses this mapping: properties.a is not a text",
        '.port/examples/<b>/a.json: no resource of the mapping has the kind "<b>"',
    ):
        assert any(line.strip() == words.strip() for line in lines), words
    assert preview.failed


def test_the_text_holds_nothing_that_a_terminal_obeys(preview: Preview) -> None:
    assert not re.search(r"[\x1b\u202e]|^\s*::", preview_text.render([preview]), re.M)


def test_the_totals_count_each_object_once(preview: Preview) -> None:
    assert preview_text.totals([preview]) == (
        "4 objects: 1 mapped, 1 refused by the selector, 1 skipped, 1 failed; "
        "6 values null, 1 that breaks the blueprint"
    )


def test_json_holds_the_same(preview: Preview) -> None:
    found = json.loads(json.dumps(as_json(preview)))
    objects = found["kinds"][1]["objects"]
    assert [one["verdict"] for one in objects] == ["mapped", "refused", "skipped", "failed"]
    assert objects[0]["entity"]["properties"] == {"n": "5", "far": None, "loop": None}
    assert objects[0]["nulls"][1]["outcome"] in ("slow", "memory")
    assert found["kinds"][0]["refused"] == "properties.a is not a text"


def test_the_page_asks_for_nothing_and_runs_nothing(preview: Preview) -> None:
    source = page.render([preview])
    read = Reader(source)
    assert not read.open
    tags = {tag for tag, _ in read.found}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "base"}
    names = {name for _, attributes in read.found for name in attributes}
    assert not names & {"src", "style", "action"} | {name for name in names if name.startswith("on")}
    assert all(str(a["href"]).startswith("#") for _, a in read.found if "href" in a)
    style = source[source.index("<style>") + 7 : source.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(a["content"] for tag, a in read.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_the_page_shows_texts_as_texts(preview: Preview) -> None:
    read = Reader(page.render([preview]))
    assert "<script>alert(1)</script>\\u202e\\x1b[31m" in read.words
    assert "\u202e" not in read.words
    assert "it & co" in read.words


def test_the_page_has_colours_of_its_own_in_the_dark_too() -> None:
    light, dark = page.STYLE.split("@media (prefers-color-scheme: dark)")
    assert "html { background: var(--back); color: var(--text); }" in page.STYLE
    named = set(re.findall(r"(--\w+):", light))
    assert named == set(re.findall(r"(--\w+):", dark)) == set(re.findall(r"var\((--\w+)\)", page.STYLE))


def test_the_page_can_be_read_without_a_mouse(preview: Preview) -> None:
    read = Reader(page.render([preview]))
    boxes = [attributes for tag, attributes in read.found if attributes.get("role") == "group"]
    assert {one["tabindex"] for one in boxes} == {"0"}
    assert len({one["aria-label"] for one in boxes}) == len(boxes)
    ids = [attributes["id"] for _, attributes in read.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {f"#{one}" for one in ids} >= {a["href"] for _, a in read.found if "href" in a}
