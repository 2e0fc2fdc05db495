"""Filters: what they choose, and what is said of those that are wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.model import Fleet, Integration, MemoryFolder, Profile
from seatrial.core.settings import Settings
from seatrial.fleet.ages import Ages
from seatrial.fleet.filters import FIELDS, Order, parse
from seatrial.fleet.owners import Owners, owners_of
from seatrial.fleet.owners import parse as owners
from seatrial.handbook.rule_examples import good_folder
from seatrial.tasks.menu import WHERE
from seatrial.workspace.workspace import Workspace
from support.repositories import commit, start

GOOD = good_folder(Profile.GUIDE)


def one(name: str, core: str, section: str = "Jira", version: str = "0.1.0") -> Integration:
    spec = f"type: {name}\nfeatures:\n  - type: exporter\n    section: {section}\n"
    folder = MemoryFolder.of(
        {
            ".port/spec.yaml": spec,
            "pyproject.toml": f'[tool.poetry]\nname = "{name}"\nversion = "{version}"\n',
            "poetry.lock": f'[[package]]\nname = "port-ocean"\nversion = "{core}"\n',
        }
    )
    return Integration(name, f"integrations/{name}", folder)


ALL = [
    one("jira", "0.48.3"),
    one("jira-server", "0.47.9", version="1.0.0-beta"),
    one("aws", "0.5.12", "Cloud Providers", "2.10.0"),
]
WORKSPACE = Workspace(Path("/nowhere"), Path("/nowhere"), Settings(), Profile.GUIDE, Fleet(ALL))


BROKEN = GOOD.edited("pyproject.toml", 'name = "good-service"', 'name = "broken"').without(".port/spec.yaml")
LEVELLED = {"good-service": GOOD, "broken": BROKEN}


def names(text: str) -> str:
    return " ".join(found.name for found in parse(text).chosen(WORKSPACE, ALL))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("core<0.48", "jira-server aws"),
        ("core<=0.48", "jira jira-server aws"),
        ("core=0.48", "jira"),
        ("core>=0.47.9 and core!=0.48.3", "jira-server"),
        ("type=jira", "jira"),
        ("type=jira,aws", "jira aws"),
        ("type!=jira,aws", "jira-server"),
        ("type=jira*", "jira jira-server"),
        ("TYPE=JIRA", "jira"),
        ("section='Cloud Providers'", "aws"),
        ("not section=jira", "aws"),
        ("name=aws or core>0.47 and type=jira", "jira aws"),
        ("(name=aws or core>0.47) and type=jira", "jira"),
        ("not (name=aws or name=jira)", "jira-server"),
        ("version<1", "jira"),
        ("version<1.0.0", "jira jira-server"),
        ("version=1.0", "jira-server"),
        ("version>2.9", "aws"),
        ('type=""', ""),
        ("name=nobody", ""),
    ],
)
def test_a_filter_chooses(text: str, found: str) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("core<0.49 and level!=gold", "good-service broken"),
        ("level=PLATINUM", "good-service"),
        ("level>=publishable", "good-service"),
        ("level<bronze", "broken"),
        ("level=none,silver", "broken"),
    ],
)
def test_a_level_is_that_of_the_quality_scale(text: str, found: str) -> None:
    both = [Integration(name, f"integrations/{name}", folder) for name, folder in LEVELLED.items()]
    where = Workspace(Path("/nowhere"), Path("/nowhere"), Settings(), Profile.GUIDE, Fleet(both))
    assert " ".join(one.name for one in parse(text).chosen(where, both)) == found


@pytest.mark.parametrize(
    ("text", "column", "fault"),
    [
        ("cor<0.48", 1, 'no field is called "cor"; did you mean "core"?'),
        ("core<0.48 and typ=x", 15, 'no field is called "typ"; did you mean "type"?'),
        ("core<", 6, "the end stands where a value of core is expected"),
        ("core<new", 6, '"new" is not a version such as 0.48 or 1.2.3'),
        ("level<golden", 7, '"golden" is not a level, one of none, publishable'),
        ("changed-days<soon", 14, '"soon" is not a number of days such as 30'),
        ("core 0.48", 6, '"0.48" stands behind core, where one of'),
        ("name<x", 5, "name has no order; compare it by = or !="),
        ("core<0.4,0.5", 10, "< takes one value; several are for = and !="),
        (
            "core=0.4 adn name=x",
            10,
            '"adn" stands where and, or, or the end is expected; did you mean "and"?',
        ),
        ("(core=0.4", 1, 'this "(" is not closed; write ")"'),
        ("core=0.4)", 9, '")" stands where and, or, or the end is expected'),
        ("name='x", 6, "this quote is not closed"),
        ("and name=x", 1, 'no field is called "and"'),
        ("not", 4, "the end stands where a field is expected"),
        ("(" * 60, 51, "more than 50 parentheses and nots are within each other"),
    ],
)
def test_a_fault_in_a_filter_is_reported_with_its_column(text: str, column: int, fault: str) -> None:
    with pytest.raises(UsageError) as told:
        parse(text)
    assert f"column {column}: {fault}" in str(told.value), str(told.value)


def test_the_help_of_the_flag_names_every_field() -> None:
    assert WHERE.help.partition("fields: ")[2] == ", ".join(FIELDS)


def test_a_filter_says_nothing_of_a_field_that_an_integration_lacks() -> None:
    bare = Integration("bare", "integrations/bare", MemoryFolder.of({}))
    for text, fits in (("core<99", False), ("core!=1", True), ("version>0", False), ("section!=x", True)):
        assert bool(parse(text).chosen(WORKSPACE, [bare])) is fits, text


@pytest.mark.parametrize(
    ("text", "value", "order"),
    [("0.48.3", "0.48", 0), ("0.5", "0.48", -1), ("1.0.0-beta", "1.0.0", -1), ("1.0.0-post1", "1.0.0", 1)],
)
def test_versions_are_compared_in_the_numbers_that_are_stated(text: str, value: str, order: int) -> None:
    assert Order.VERSION.compared(text, value) == order


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "a/b.py", True),
        ("*.py", "a/b.py", True),
        ("/*.py", "a/b.py", False),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/deep/a.md", False),
        ("docs/", "x/docs/deep/a.md", True),
        ("/docs/", "x/docs/a.md", False),
        ("/docs", "docs/deep/a.md", True),
        ("docs/", "docs", False),
        ("**/logs", "build/logs/a", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("/a/**", "a/b/c", True),
        ("/a/**", "b/a/c", False),
        ("/integrations/*/main.py", "integrations/jira/main.py", True),
        ("/integrations/ji?a", "integrations/jira/main.py", True),
    ],
)
def test_a_pattern_of_codeowners_matches_as_on_github(pattern: str, path: str, matches: bool) -> None:
    assert bool(owners_of(owners(f"{pattern} @us\n"), path)) is matches


def test_the_last_pattern_decides_and_lines_with_a_fault_are_skipped() -> None:
    text = "* @all\n!no @us\n/[ab] @us\n*.md docs\n/apps @apps a@b.c # those\n/apps/free\n"
    found = owners(text)
    assert owners_of(found, "x.md") == ("@all",)
    assert owners_of(found, "apps/x") == ("@apps", "a@b.c")
    assert owners_of(found, "apps/free/x") == ()


def test_many_stars_take_no_time() -> None:
    found = owners(f"/{'*a' * 200} @us\n/{'**/a/' * 100}b @us\n")
    assert owners_of(found, f"{'a/' * 400}c{'a' * 4_000}") == ()


def test_an_integration_belongs_to_the_owners_of_most_of_its_files() -> None:
    jira = Integration("jira", "integrations/jira", GOOD)
    patterns = owners("* @all\n/integrations/jira/ @org/jira\n*.lock @bot\n")
    assert Owners(patterns).of(jira) == ("@org/jira",)
    assert Owners(patterns, "below").of(jira) == ("@all",)


def test_thousands_of_patterns_about_other_integrations_take_no_time() -> None:
    others = "".join(
        f"other{at}.md @x\n/integrations/*/o{at}/ @y\n/apps/o{at}/** @z\n" for at in range(3_000)
    )
    jira = Integration("jira", "integrations/jira", GOOD)
    assert Owners(owners(f"{others}*.[md @skipped\njira/ @org/jira\n{others}")).of(jira) == ("@org/jira",)


def test_more_wildcards_than_can_be_compared_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.fleet.owners.MOST_COMPARED", 2 * len(GOOD.paths()))
    jira = Integration("jira", "integrations/jira", GOOD)
    assert Owners(owners("*.a @a\n*.b @b\n")).of(jira) == ()
    with pytest.raises(UsageError, match=r"CODEOWNERS has 3 patterns that may match one of the .* of jira"):
        Owners(owners("*.a @a\n*.b @b\n*.c @c\n")).of(jira)


def test_ages_are_days_since_the_first_and_the_last_commit() -> None:
    day = 86_400
    changes = [(30 * day, ["i/a/x", "README.md"]), (20 * day, ["i/a/y", "i/b/x"]), (10 * day, ["i/a/z"])]
    ages = Ages.of(["i/a", "i/b", "i/new"], changes, date(1970, 2, 1))
    assert [(ages.added(path), ages.changed(path)) for path in ("i/a", "i/b", "i/new")] == [
        (21, 1),
        (11, 11),
        (0, 0),
    ]


@pytest.mark.parametrize("holder", ["", "linked/"])
def test_ages_are_known_wherever_the_integrations_lie(tmp_path: Path, holder: str) -> None:
    root = start(tmp_path)
    (root / "linked").symlink_to("real")
    commit(root, {f"{'real/' if holder else ''}{name}/main.py": "" for name in ("jira", "aws")})
    fleet = Fleet([Integration(name, f"{holder}{name}", GOOD) for name in ("jira", "aws", "new")])
    ages = Ages.of_workspace(Workspace(root, root, Settings(), Profile.GUIDE, fleet))
    day = date(2023, 11, 14)
    assert ages.first == ages.last == {f"{holder}jira": day, f"{holder}aws": day}
