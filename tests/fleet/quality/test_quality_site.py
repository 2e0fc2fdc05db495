"""The pages of a site: whole, asking for nothing from elsewhere, with every foreign text as a text."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from seatrial.core.model import Finding, Fix, Severity
from seatrial.fleet.quality.fleet_history import Series
from seatrial.fleet.quality.scale import Standing
from seatrial.fleet.quality.site.pages import Detail, Entity, Release, Site, asset
from seatrial.fleet.quality.status_rows import StatusRow, file_name
from seatrial.validate.rules import BY_CODE
from support.html_reader import Reader

EVIL = "</script><script>alert(1)</script>\u202e\x1b[31m\"' onload='x' {{}} <!-- javascript:alert(1)"
SEEN = EVIL.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")


def finding(code: str, severity: Severity) -> Finding:
    return Finding(code, EVIL, severity, EVIL, f"integrations/{EVIL}/a", 2, 1, EVIL, Fix(EVIL), code)


@pytest.fixture(scope="module")
def site() -> Site:
    found = (
        finding("SPC011", Severity.INFO),
        finding("RES204", Severity.ERROR),
        finding("LAY116", Severity.ADVICE),
    )
    rows = [
        StatusRow(EVIL, f"integrations/{EVIL}", EVIL, EVIL, EVIL, Standing(found), 3, (0, 1, 2), 4),
        StatusRow("jira", "integrations/jira", "jira", "1.0.0", "", Standing(()), is_judged=False),
    ]
    entity = Entity(EVIL, EVIL, {"identifier": EVIL, EVIL: [EVIL]})
    hidden = Entity("k", ".port/examples/k/secret.json", None, "a rule finds a secret in its example")
    detail = Detail((entity, hidden), 7, (Release(EVIL, EVIL, EVIL),), 50)
    series = [Series("integrations", EVIL, [1, 2], {EVIL: [1, None]}), Series("one", "one", [1], {"x": [1]})]
    return Site(rows, BY_CODE, lambda row: detail, lambda one: ["first", EVIL, "third"], series, "2026-01-02")


@pytest.fixture(scope="module")
def pages(site: Site) -> dict[str, str]:
    return {path: text for path, text in site.pages() if path.endswith(".html")}


def test_a_page_is_made_of_the_fleet_each_integration_and_each_rule_that_fails(pages: dict[str, str]) -> None:
    names = {f"integrations/{file_name(EVIL)}.html", "integrations/jira.html"}
    rules = {f"rules/{code}.html" for code in ("SPC011", "RES204", "LAY116")}
    assert set(pages) == {"index.html", "rules.html", *names, *rules}
    assert all(re.fullmatch(r"[a-z]+/?[A-Za-z0-9.-]+", path) for path in pages)


def test_no_page_holds_an_element_or_an_attribute_that_a_text_brought(pages: dict[str, str]) -> None:
    for path, source in pages.items():
        read = Reader(source)
        assert not read.open, path
        tags = [tag for tag, _ in read.found]
        assert not {"img", "link", "iframe", "object", "form", "base"} & set(tags), path
        assert tags.count("script") == (4 if path == "index.html" else 0), path
        names = {name for _, attributes in read.found for name in attributes}
        assert not {"src", "style", "action"} & names and not [
            one for one in names if one.startswith("on")
        ], path
        assert "\u202e" not in source and "\x1b" not in source, path
        assert SEEN in read.words or "integrations/jira" in path, path


def test_every_link_leads_to_a_page_of_the_site(pages: dict[str, str]) -> None:
    for path, source in pages.items():
        up = path.count("/")
        for address in (a["href"] or "" for tag, a in Reader(source).found if tag == "a"):
            if not address.startswith("#"):
                assert address.startswith("../" * up) or not up
                assert address.removeprefix("../") in pages, (path, address)


def test_the_policy_lets_in_the_style_and_the_scripts_of_the_page_alone(pages: dict[str, str]) -> None:
    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    for path, source in pages.items():
        read = Reader(source)
        policy = next(a["content"] or "" for tag, a in read.found if a.get("http-equiv"))
        style = source[source.index("<style>") + 7 : source.index("</style>")]
        programs = [asset(name) for name in ("vendored/list.min.js", "vendored/uPlot.iife.min.js", "site.js")]
        scripts = f"script-src {' '.join(map(hashed, programs))}; " if path == "index.html" else ""
        rest = "base-uri 'none'; form-action 'none'"
        assert policy == f"default-src 'none'; {scripts}style-src {hashed(style)}; {rest}"
        assert read.scripts[1:] == (programs if path == "index.html" else [])


def test_data_for_scripts_is_json_that_ends_no_element(pages: dict[str, str]) -> None:
    data = Reader(pages["index.html"]).scripts[0]
    assert not set("<>&") & set(data)
    assert json.loads(data) == [{"name": "integrations", "days": [1, 2], "lines": {EVIL: [1, None]}}]


def test_the_fleet_tells_the_cheapest_step_and_leaves_out_columns_without_anything(site: Site) -> None:
    words = Reader(site.index()).words
    assert "2 integrations on 2026-01-02" in words and "seatrial explain RES204" in words
    assert all(title in words for title in ("published", "suppressed", "behind", "a rule failed on it"))
    calm = Site(site.rows[1:], BY_CODE, site.detail, site.lines, (), "2026-01-02")
    assert not [
        title for title in ("suppressed", "behind", "Over time") if title in Reader(calm.index()).words
    ]


def test_an_integration_shows_lines_entities_and_versions_and_says_what_is_left_out(
    pages: dict[str, str],
) -> None:
    words = Reader(pages[f"integrations/{file_name(EVIL)}.html"]).words
    for part in (
        "2 | </script>",
        "Findings (3)",
        "Entities of its examples (7)",
        "and 5 more",
        "and 49 older ones",
    ):
        assert part in words, part
    assert "a rule finds a secret in its example" in words


def test_a_rule_tells_who_fails_it_and_how_many_are_fixable(pages: dict[str, str]) -> None:
    words = Reader(pages["rules/SPC011.html"]).words
    assert BY_CODE["SPC011"].law.replace("`", "") in words.replace("`", "")
    assert "1 of 2 integrations, 1 finding, of which seatrial fix repairs 0" in words


def test_the_licences_of_what_the_pages_carry_are_in_the_site(site: Site) -> None:
    said = dict(site.pages())["licences.txt"]
    assert "Jonny Str" in said and "Leon Sorokin" in said and said.count("Permission is hereby granted") == 2
