"""The quality scale, and the state of a fleet on it, in memory."""

from __future__ import annotations

import json
import re
from datetime import date
from xml.etree import ElementTree

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.model import Edit, Finding, Fix, Location, Severity
from seatrial.fleet.quality import fleet_history, tables
from seatrial.fleet.quality.badges import COLOURS, badge
from seatrial.fleet.quality.scale import CRITERION_OF, SCALE, Level, Standing
from seatrial.fleet.quality.status_rows import (
    SORTS,
    StatusRow,
    file_name,
    levels_of,
    ordered,
    published_by_tags,
)
from seatrial.handbook.scale_page import page
from seatrial.validate.rules import BY_CODE

EVIL = "<script>alert(1)</script>\u202e`'\"| @someone #1 ![x](http://x) --> \n::error::x"
ADVICE, ERROR, INFO = Severity.ADVICE, Severity.ERROR, Severity.INFO
EDIT = Fix("repair it", Edit(Location("a"), "x", "y"))


def finding(code: str, severity: Severity = ADVICE, fix: Fix | None = None, name: str = "one") -> Finding:
    return Finding(code, "a-fault", severity, name, "integrations/one/a", 1, 1, "it is wrong", fix, code)


def row(name: str = "one", *found: Finding, **more: object) -> StatusRow:
    return StatusRow(name, f"integrations/{name}", name, "1.0.0", "", Standing(found), **more)  # type: ignore[arg-type]


def as_it_is(command: str) -> str:
    return command


def test_every_code_of_the_scale_is_a_rule_that_is_on_somewhere_and_there_once() -> None:
    codes = [code for one in SCALE for code in one.codes]
    assert len(codes) == len(set(codes))
    assert all(any(BY_CODE[code].severities.values()) for code in codes)
    assert {one.level for one in SCALE} == {Level.BRONZE, Level.SILVER, Level.GOLD, Level.PLATINUM}
    assert all(f"rules.md#{code.lower()}-{BY_CODE[code].name}" in page() for code in codes)


@pytest.mark.parametrize(
    ("found", "level"),
    [
        ([], Level.PLATINUM),
        ([finding("SPC131")], Level.PLATINUM),
        ([finding("EXA221")], Level.GOLD),
        ([finding("TST140")], Level.SILVER),
        ([finding("COD113", INFO)], Level.BRONZE),
        ([finding("SPC011", INFO), finding("EXA221")], Level.PUBLISHABLE),
        ([finding("SPC131", ERROR)], Level.NONE),
        ([finding("EXA221", ERROR)], Level.NONE),
    ],
)
def test_a_level_is_reached_where_its_rules_and_those_below_hold(found: list[Finding], level: Level) -> None:
    assert Standing(tuple(found)).level is level


def test_the_cheapest_step_is_the_rule_with_the_fewest_findings_to_mend_by_hand() -> None:
    found = [
        finding("COD210"),
        finding("COD206", INFO, EDIT),
        finding("COD206", INFO, EDIT),
        finding("SPC011"),
    ]
    one = row("one", *found)
    assert [(gap.code, gap.count) for gap in one.missing] == [("COD206", 2), ("COD210", 1), ("SPC011", 1)]
    assert one.command == "seatrial fix -i one"
    assert row("one", finding("SPC011", ADVICE, EDIT)).command == "seatrial explain SPC011", (
        "fix leaves advice alone"
    )
    assert row("it's", finding("EXA221")).command == "seatrial preview -i 'it'\"'\"'s' --record"
    assert row().missing == () and row().command == ""


def test_an_integration_on_which_a_rule_failed_has_no_level() -> None:
    one = row(is_judged=False)
    assert (one.level, one.missing) == (None, ())
    assert "a rule failed" in tables.text([one], as_it_is)


def test_rows_are_sorted_by_what_is_asked_for() -> None:
    rows = [
        row("b", finding("SPC011", INFO)),
        row("a", finding("SPC131", ERROR)),
        row("c", lag=7, suppressed=3),
    ]
    order = {by: "".join(one.name for one in ordered(rows, by)) for by in SORTS}
    assert order["level"] == order["findings"] == "abc" and order["lag"] == order["suppressed"] == "cab"
    assert "".join(one.name for one in ordered(rows, "-name")) == "cba"
    versions = [
        StatusRow(text, "", "", text, "", Standing(())) for text in ("0.10.0", "0.9.0", "?", "0.10.0-beta")
    ]
    assert [one.name for one in ordered(versions, "version")] == ["?", "0.9.0", "0.10.0-beta", "0.10.0"]
    with pytest.raises(UsageError, match='"levl" is not an order; did you mean "level"'):
        ordered(rows, "levl")


def test_levels_are_stated_with_commas_between_them() -> None:
    assert levels_of("gold, None") == {Level.GOLD, Level.NONE}
    with pytest.raises(UsageError, match='no level is called "golden"; did you mean "gold"'):
        levels_of("golden")


@pytest.mark.parametrize(
    ("form", "tags"),
    [
        ("{type}/{version}", ["jira/0.9.0", "jira/0.10.0", "jira/x", "other/9.9.9", "a/jira/8.0.0"]),
        ("v{version}-{type}", ["v0.9.0-jira", "v0.10.0-jira", "v0.10.0-jirax"]),
        ("{type}-{type}/{version}", ["jira-jira/0.10.0", "jira-x/0.11.0"]),
    ],
)
def test_the_highest_version_with_a_git_tag_is_published(form: str, tags: list[str]) -> None:
    assert published_by_tags(tags, form, ["jira"]) == {"jira": "0.10.0"}


def test_text_and_json_tell_the_same() -> None:
    rows = [row("one", finding("SPC011", INFO), suppressed=2, core=(0, 44, 1), lag=4)]
    line = tables.text(rows, lambda command: f"make {command}").splitlines()[1]
    assert line.split()[:4] == ["one", "1.0.0", "-", "publishable"] and "0.44.1     4 minor" in line
    assert line.endswith("bronze: SPC011 a-fault: it is wrong; type `make seatrial explain SPC011`")
    told = json.loads(tables.as_text_json(rows))
    assert told["levels"]["publishable"] == 1
    one = told["integrations"][0]
    assert (one["level"], one["next"], one["suppressed"], one["behind"]) == ("publishable", "bronze", 2, 4)
    assert one["missing"][0]["holds"] == CRITERION_OF["SPC011"].holds
    assert one["findings"]["families"] == {"SPC": 1} and one["findings"]["advice"] == 0


def test_a_hostile_name_is_text_in_markdown_and_in_the_issue() -> None:
    rows = [row(EVIL, finding("SPC011", INFO, name=EVIL)), row(tables.END)]
    for said in (
        tables.markdown(rows, as_it_is),
        tables.dashboard(rows, as_it_is),
        tables.text(rows, as_it_is),
    ):
        assert "\u202e" not in said and not re.search(r"^\s*::", said, re.M)
    for said in (tables.markdown(rows, as_it_is), tables.dashboard(rows, as_it_is)):
        inside = "".join(re.findall(r"<code>(.*?)</code>", said))
        assert not set("<>|`@![]") & set(inside)
        assert re.sub(r"&#\d+;", "", inside).count("#") == 0
    assert tables.dashboard(rows, as_it_is).count(tables.END) == 1


def test_the_issue_is_replaced_between_its_marks_and_fits_its_limit() -> None:
    small, large = (
        tables.dashboard([row(f"i{n}", finding("SPC011")) for n in range(many)], as_it_is)
        for many in (2, 5000)
    )
    assert tables.replaced("above\n\n" + small + "below\n", large) == "above\n\n" + large + "below\n"
    assert tables.replaced("a text", small) == "a text\n\n" + small
    assert len(large) < 65_536 and "One rule from the next level (5000)" in large and " more\n" in large


@pytest.mark.parametrize("level", [None, *Level])
def test_a_badge_is_sound_and_can_be_read(level: Level | None) -> None:
    root = ElementTree.fromstring(badge(EVIL, level))
    assert [one.tag.rpartition("}")[2] for one in root] == ["title", "rect", "path", "g"]
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on") or "href" in name]
    red, green, blue = (int(COLOURS[level][at : at + 2], 16) / 255 for at in (1, 3, 5))
    light = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in (red, green, blue)]
    assert 1.05 / (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] + 0.05) >= 4.5


def test_names_of_files_are_safe_and_differ_where_names_do() -> None:
    names = [
        "jira",
        "Jira",
        "JIRA",
        "con",
        "index",
        "../x",
        "a/b",
        "a b",
        EVIL,
        "x" * 300,
        "",
        ".",
        "\udcff",
        "jira.html",
    ]
    made = [file_name(name) for name in names]
    assert made[0] == "jira" and len({one.lower() for one in made}) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,100}", one) and ".." not in one for one in made)


def test_each_day_is_kept_once_and_other_forms_are_left_out() -> None:
    good = {"day": "2026-01-02", "levels": {"gold": 1}, "findings": {"error": 0}}
    bad = [
        {"day": "x"},
        5,
        {**good, "levels": {"gold": "<b>"}},
        {**good, "day": 7},
        {**good, "findings": None},
    ]
    assert fleet_history.records_of(json.dumps({"days": [good, *bad]}).encode()) == [good]
    assert (
        fleet_history.records_of(b"[" * 100_000)
        == fleet_history.records_of(b"\xff")
        == fleet_history.records_of(b"[]")
        == []
    )
    days = fleet_history.records_with([good, {**good, "day": "2026-01-01"}], {**good, "levels": {"gold": 2}})
    assert [one["day"] for one in days] == ["2026-01-01", "2026-01-02"]
    assert fleet_history.records_of(fleet_history.records_text(days).encode()) == days
    levels, _ = fleet_history.levels_over_time(days)
    assert list(levels.lines["gold"]) == [1, 2] and fleet_history.levels_over_time(days[:1]) == []


def test_releases_are_counted_by_week_and_odd_dates_are_left_out() -> None:
    dates = [["2026-01-05", "2026-01-11", "2026-13-40", None, "9999-01-01"], ["2026-01-12", "1999-01-01"]]
    found = fleet_history.releases(dates, date(2026, 1, 14))
    assert list(found.lines["releases"]) == [2, 1]


def test_the_summary_of_no_integration_ends_without_a_colon() -> None:
    assert tables.summary([]) == "0 integrations"
