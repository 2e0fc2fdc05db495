"""Rules of family PKG, beyond the example of each rule."""

from __future__ import annotations

import pytest
from poetry.core.factory import Factory

from seatrial.core.model import Fleet, Integration, MemoryFolder, Profile, Severity
from seatrial.dependencies.constraints import is_constraint
from seatrial.documents import toml
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import BY_NAME, RULES
from seatrial.validate.run import check
from support.good import facts_of, good_folder, integration_of, lock_of, problems_of

PYPROJECT = "pyproject.toml"
OCEAN = good_folder(Profile.OCEAN)
FORMS = "write X.Y.Z, X.Y.Z-beta, X.Y.Z-dev or X.Y.Z-post1"
NAME, VERSION = 'name = "good-service"', 'version = "0.1.0"'
CORE = 'port_ocean = {version = "^0.48.12", extras = ["cli"]}'


def edited(old: str, new: str) -> MemoryFolder:
    """Return the good folder of profile ocean with one edit of its `pyproject.toml`."""
    return OCEAN.edited(PYPROJECT, old, new)


def said(name: str, folder: MemoryFolder, **context: object) -> list[str]:
    problems = problems_of(BY_NAME[name], folder, profile=Profile.OCEAN, **context)
    return [f"{p.where.line}:{p.where.column}: {p.message}" for p in problems]


def cures(name: str, folder: MemoryFolder) -> list[str]:
    return [p.fix.title for p in problems_of(BY_NAME[name], folder, profile=Profile.OCEAN) if p.fix]


def package_codes(folder: MemoryFolder) -> set[str]:
    facts = facts_of(folder, Profile.OCEAN)
    return {rule.code for rule in RULES if rule.family == "PKG" and any(rule.problems(facts))}


@pytest.mark.parametrize("text", ["", "[tool.poetry]\n", "[tool]\npoetry = 3\n"])
def test_a_package_without_name_and_version_is_reported(text: str) -> None:
    lines = said("missing-package-key", OCEAN.having(PYPROJECT, text))
    assert [line.partition(": ")[2] for line in lines] == ['"name" is missing', '"version" is missing']


def test_a_version_that_is_not_a_string_is_reported() -> None:
    assert said("missing-package-key", edited(VERSION, "version = 1.0")) == ['3:11: "version" is no text']


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (VERSION, "version = '0.1.0'", '3:11: the release looks for a line that begins with version = "'),
        (NAME, '  name = "good-service"', '2:10: the release looks for a line that begins with name = "'),
        ("[tool.black]", '[tool.x]\nname = "x"\n[tool.black]', "60:1: the release takes this for the name"),
    ],
)
def test_name_and_version_must_be_found_by_searching_lines(old: str, new: str, wanted: str) -> None:
    (line,) = said("unsearchable-line", edited(old, new))
    assert line.startswith(wanted)


@pytest.mark.parametrize("line", ['versions = "x"', '  name = "x"', "name = 3", '# name = "x"'])
def test_a_line_that_the_search_skips_is_accepted(line: str) -> None:
    assert said("unsearchable-line", edited("[tool.black]", f"[tool.x]\n{line}\n[tool.black]")) == []


def test_lines_are_not_searched_outside_the_ocean_repository() -> None:
    assert BY_NAME["unsearchable-line"].severities == {Profile.GUIDE: None, Profile.OCEAN: Severity.ERROR}


@pytest.mark.parametrize(
    ("name", "fix_title"),
    [
        ("Good-Service", 'write "good-service"'),
        ("GoodService", 'write "good-service"'),
        ("Jira Cloud", 'write "jira-cloud"'),
        ("-", "write a name such as my-service"),
        ("good--service", 'write "good-service"'),
    ],
)
def test_a_name_that_no_image_can_have_gets_the_nearest_valid_one(name: str, fix_title: str) -> None:
    folder = edited(NAME, f'name = "{name}"')
    assert cures("malformed-package-name", folder) == [fix_title]
    assert "PKG203" not in package_codes(folder)


@pytest.mark.parametrize("name", ["good-service", "github-ocean", "a.b_c-d1", "3scale"])
def test_a_name_that_an_image_can_have_is_accepted(name: str) -> None:
    assert said("malformed-package-name", edited(NAME, f'name = "{name}"')) == []


def test_a_name_that_differs_from_the_type_only_in_case_is_a_warning() -> None:
    folder = edited(NAME, 'name = "Jira"')
    (problem,) = problems_of(BY_NAME["malformed-package-name"], folder, profile=Profile.OCEAN)
    assert problem.severity is None
    typed = folder.having(".port/spec.yaml", "type: jira\n" + folder.text(".port/spec.yaml"))
    (problem,) = problems_of(BY_NAME["malformed-package-name"], typed, profile=Profile.OCEAN)
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("version", "wanted", "fix_title"),
    [
        ("0.2.95-rc4", '"0.2.95-rc4" is no version', FORMS),
        ("0.2.185-post", '"0.2.185-post" is no version', FORMS),
        ("v0.1.0", '"v0.1.0" is no version', 'write "0.1.0"'),
        ("0.1.0.rc4", '"0.1.0.rc4" has a form that is no longer released', FORMS),
    ],
)
def test_a_version_has_one_of_four_forms(version: str, wanted: str, fix_title: str) -> None:
    folder = edited(VERSION, f'version = "{version}"')
    assert said("malformed-package-version", folder) == [f"3:11: {wanted}"]
    assert cures("malformed-package-version", folder) == [fix_title]


@pytest.mark.parametrize("version", ["0.1.0", "0.1.0-beta", "0.1.0-dev", "0.1.0-post1"])
def test_a_version_in_a_current_form_is_accepted(version: str) -> None:
    assert said("malformed-package-version", edited(VERSION, f'version = "{version}"')) == []


def test_a_missing_python_constraint_is_reported() -> None:
    assert said("missing-package-detail", edited('python = "^3.12"\n', "")) == [
        '8:14: the "python" dependency is missing'
    ]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ('directory = "changelog"', 'directory = "fragments"', '"directory" is not "changelog"'),
        ('underlines = [""]\n', "", '"underlines" is not [""]'),
        ('filename = "CHANGELOG.md"', "filename = 3", '"filename" is not "CHANGELOG.md"'),
    ],
)
def test_towncrier_has_the_settings_that_the_release_needs(old: str, new: str, wanted: str) -> None:
    (line,) = said("unusual-towncrier-setting", edited(old, new))
    assert line.endswith(wanted)


def test_headings_follow_the_other_integrations() -> None:
    own = edited('title_format = "## {version}', 'title_format = "{version}')
    assert said("unusual-towncrier-setting", own) == []
    siblings = {f"other-{number}": OCEAN for number in range(3)}
    (problem,) = problems_of(BY_NAME["unusual-towncrier-setting"], own, siblings=siblings)
    assert problem.evidence == "all the 3 other integrations have this value"


def test_a_package_without_towncrier_is_reported_once() -> None:
    assert package_codes(edited("[tool.towncrier]", "[tool.nobody]").having("x", "")) >= {"PKG104"}
    assert "PKG105" in package_codes(edited('directory = "bugfix"', 'directory = "bugfixes"'))


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ('port-ocean = {version = "^0.48.12", extras = ["cli"]}', set()),
        ('"Port.Ocean" = {version = "0.48.12", extras = ["all"]}', set()),
        ('port_ocean = {version = "~0.48", extras = ["cli"]}', set()),
        ('port_ocean = {version = "*", extras = ["cli"]}', {"PKG108"}),
        ('port_ocean = {version = ">=0.48", extras = ["cli"]}', {"PKG108"}),
        ('port_ocean = {version = ">=0.48,<1", extras = ["cli"]}', set()),
        ('port_ocean = {version = "^0.48.12"}', {"PKG107"}),
        ('port_ocean = {git = "https://example.com/ocean.git", extras = ["cli"]}', {"PKG106"}),
        ('port_ocean = {path = "../../", develop = true}', {"PKG106"}),
        ("", {"PKG004"}),
    ],
)
def test_the_framework_is_bounded_from_the_index_and_has_its_command(line: str, codes: set[str]) -> None:
    folder = edited(CORE, line)
    relocked = folder.having("poetry.lock", lock_of(folder))
    assert package_codes(relocked) == codes


def test_a_local_framework_in_the_development_group_is_found_too() -> None:
    folder = edited('black = "^26.5.1"\n', 'black = "^26.5.1"\nport_ocean = { path = "../../" }\n')
    assert said("local-core", folder) == ['14:16: "port_ocean" comes from a "path", not from the index']


def test_a_framework_in_the_standard_table_counts() -> None:
    text = '[project]\nname = "x"\nversion = "0.1.0"\ndependencies = ["port_ocean[cli]>=0.48,<1"]\n'
    assert said("missing-core", OCEAN.having(PYPROJECT, text)) == []
    assert said("missing-core", OCEAN.having(PYPROJECT, text.replace("port_ocean", "port"))) != []


def test_a_new_dependency_makes_the_lock_stale_but_a_new_version_does_not() -> None:
    assert said("stale-lock", edited(VERSION, 'version = "0.2.0"')) == []
    assert said("stale-lock", edited('python = "^3.12"', 'python = "^3.13"')) != []


def test_the_hash_of_a_standard_project_is_not_checked() -> None:
    folder = edited("[tool.poetry.dependencies]", '[project]\nname = "x"\n\n[tool.poetry.dependencies]')
    assert said("stale-lock", folder) == []


@pytest.mark.parametrize(
    ("constraint", "locked", "agrees"),
    [
        ("^0.48.12", "0.48.13", True),
        ("^0.48.12", "0.48.11", False),
        ("^0.48.12", "0.49.0", False),
        ("0.48.12", "0.48.12", True),
        ("^0.48.12.dev1", "0.48.12.dev1", True),
        (">=0.40,<0.48", "0.48.0", False),
        ("^0.47 || ^0.48", "0.48.2", True),
        ("nonsense", "0.48.2", True),
        ("^0.48.12", "nonsense", True),
    ],
)
def test_the_locked_framework_satisfies_the_constraint(constraint: str, locked: str, agrees: bool) -> None:
    folder = edited('"^0.48.12"', f'"{constraint}"').edited(
        "poetry.lock", 'version = "0.48.12"', f'version = "{locked}"'
    )
    assert (said("locked-core-disagrees", folder) == []) is agrees


@pytest.mark.parametrize(
    ("lock", "codes"),
    [
        ("", {"PKG005"}),
        ("not toml at all", {"PKG005"}),
        ('[metadata]\ncontent-hash = "a"\n<<<<<<< HEAD\ncontent-hash = "b"\n', set()),
        ('[metadata]\ncontent-hash = "a"\n', {"PKG201"}),
        (b"\xff\x00", {"PKG005"}),
    ],
)
def test_a_lock_without_its_hash_is_one_finding(lock: str | bytes, codes: set[str]) -> None:
    assert package_codes(OCEAN.having("poetry.lock", lock)) == codes


@pytest.mark.parametrize(
    ("name", "is_slip"),
    [
        ("good-servce", True),
        ("goodservice", True),
        ("good-services", True),
        ("github-ocean", False),
        ("rg", False),
    ],
)
def test_a_name_near_the_folders_is_a_typo_and_any_other_is_deliberate(name: str, is_slip: bool) -> None:
    assert bool(said("package-name-misspelled", edited(NAME, f'name = "{name}"'))) is is_slip


def test_a_name_is_taken_only_by_another_integration() -> None:
    assert said("package-name-taken", OCEAN, siblings={"other": edited(NAME, 'name = "other"')}) == []
    assert said("package-name-taken", OCEAN, siblings={"other": OCEAN}) == [
        '2:8: "good-service" is also the name of "integrations/other"'
    ]


@pytest.mark.parametrize(
    ("ignore", "count"),
    [
        ('ignore = { LAY001 = "no user reads it" }', 0),
        ('ignore = { LAY001 = " " }', 1),
        ("ignore = { LAY001 = true, LAY002 = 2 }", 2),
        ('ignore = ["LAY001"]', 1),
        ('ignores = { LAY001 = "typo" }', 1),
    ],
)
def test_an_ignore_needs_a_reason_in_words(ignore: str, count: int) -> None:
    text = OCEAN.text(PYPROJECT) + f"\n[tool.seatrial]\n{ignore}\n"
    assert len(said("malformed-suppression", OCEAN.having(PYPROJECT, text))) == count


VALUES = ["1", "1.5", "true", '"x"', "[]", "[1]", "{}", "{a = 1}", "[{}]", "1979-05-27", "nan", '"\\u0000"']
KEYS = [
    "project",
    "project.name",
    "project.dependencies",
    "dependency-groups",
    "tool",
    "tool.poetry",
    "tool.poetry.name",
    "tool.poetry.version",
    "tool.poetry.authors",
    "tool.poetry.dependencies",
    "tool.poetry.dependencies.port_ocean",
    "tool.poetry.dependencies.port_ocean.version",
    "tool.poetry.dependencies.port_ocean.extras",
    "tool.poetry.group",
    "tool.poetry.group.dev",
    "tool.poetry.group.dev.dependencies",
    "tool.poetry.extras",
    "tool.towncrier",
    "tool.towncrier.type",
    "tool.towncrier.title_format",
    "tool.seatrial",
    "tool.seatrial.ignore",
]


@pytest.mark.parametrize("key", KEYS)
def test_any_value_at_any_key_raises_nothing(key: str) -> None:
    for value in VALUES:
        package_codes(OCEAN.having(PYPROJECT, f"{key} = {value}\n"))


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"\x00", b"[" * 100_000, b"a = " + b"{a=" * 10_000, b'name = "x' * 999]
)
def test_hostile_bytes_raise_nothing(data: bytes) -> None:
    package_codes(OCEAN.having(PYPROJECT, data))
    package_codes(OCEAN.having("poetry.lock", data))


def test_a_workspace_without_towncrier_sets_its_own_standard() -> None:
    text = OCEAN.text(PYPROJECT)
    bare = OCEAN.having(
        PYPROJECT, text[: text.index("[tool.towncrier]")] + text[text.index("[tool.black]") :]
    )
    assert said("unusual-towncrier-setting", bare, siblings=dict.fromkeys("abc", bare)) == []
    assert said("unusual-towncrier-setting", bare, siblings=dict.fromkeys("abc", OCEAN)) != []
    assert said("unusual-towncrier-setting", bare) != []


def called(folder: str, name: str, type: str) -> MemoryFolder:
    """Return the good folder with these names of package and type; `folder` is only where it lies."""
    spec = OCEAN.text(".port/spec.yaml").replace("title:", f"type: {type}\ntitle:", 1) if type else ""
    named = edited(NAME, f'name = "{name}"')
    return named.having(".port/spec.yaml", spec) if spec else named


def advice(folder: str, name: str, type: str) -> list[str]:
    """Return what is said of the names of an integration, with what to do."""
    facts = Facts(
        integration_of(called(folder, name, type), folder),
        Profile.OCEAN,
        Fleet([integration_of(called(folder, name, type), folder)]),
    )
    codes = ("PKG102", "PKG203", "PKG204", "PKG112", "SPC202")
    found = [(rule.code, one) for rule in RULES if rule.code in codes for one in rule.problems(facts)]
    return [f"{code}: {one.fix.title if one.fix else one.message}" for code, one in found]


@pytest.mark.parametrize(
    ("folder", "name", "type", "said_of_it"),
    [
        ("my-service", "my-service", "my-service", []),
        ("my-service", "my-servce", "", ['PKG203: write "my-service"']),
        ("my-service", "my-servce", "my-servce", ['PKG203: write "my-service"']),
        (
            "my-service",
            "my-servce",
            "my-service",
            ['SPC202: write "my-service" in pyproject.toml, as the folder is called'],
        ),
        (
            "my-service",
            "my-service",
            "my-servce",
            ['SPC202: write "my-service" here, as the folder is called'],
        ),
        ("a", "my-service", "your-api", ['SPC202: write "my-service" here, or "your-api" there']),
        (
            "my service",
            "my-service",
            "my-service",
            ['PKG203: rename the folder to "my-service", since no package can have its name'],
        ),
        (
            "tickets",
            "my-service",
            "my-service",
            ['PKG112: rename the folder to "my-service", or the package and the type to "tickets"'],
        ),
    ],
)
def test_advice_about_a_name_goes_to_the_side_that_fewer_places_agree_with_and_is_given_once(
    folder: str, name: str, type: str, said_of_it: list[str]
) -> None:
    got = [one for one in advice(folder, name, type) if not (type == "your-api" and one.startswith("PKG112"))]
    assert got == said_of_it


def test_a_repository_that_is_one_integration_may_be_called_anything() -> None:
    integration = Integration("checkout", "", OCEAN)
    facts = Facts(integration, Profile.OCEAN, Fleet([integration]))
    assert list(BY_NAME["folder-named-differently"].problems(facts)) == []


def test_a_version_without_its_third_number_is_one_finding() -> None:
    verdict = check(facts_of(edited(VERSION, 'version = "0.1"'), Profile.OCEAN), RULES)
    assert [one.code for one in verdict.findings] == ["PKG103"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (CORE, 'port_ocean = {version = "^0.47.0", extras = ["cli"]}', "PKG202"),
        (CORE, 'port_ocean = "^0.48.12"', "PKG107"),
        (CORE, 'port_ocean = {version = ">=0.48.12", extras = ["cli"]}', "PKG108"),
        (CORE, 'port_ocean = {version = "=>0.48.12", extras = ["cli"]}', "PKG153"),
        (CORE, 'port_ocean = {path = "../../", develop = true, extras = ["cli"]}', "PKG106"),
        (CORE + "\n", "", "PKG004"),
        ('pytest = "^9.1.1"', "pytest = 9", "PKG151"),
        ("[tool.poetry.dependencies]", "[tool.poetry.dependancies]", "PKG151"),
        ("[tool.poetry.group.dev.dependencies]", "[tool.poetry.group.dependencies]", "PKG152"),
        ('pytest = "^9.1.1"', 'pytest = "^9.1.2"', "PKG201"),
        ('authors = ["Integration maintainers"]', 'authors = "me"', "PKG151"),
        ('readme = "README.md"', 'readme = "READM.md"', "PKG154"),
        ('readme = "README.md"', 'readme = ["README.md", "CHANGELOG.md"]', None),
        (VERSION, 'version = "0.1.0-alpha"', "PKG103"),
        (VERSION, 'version = "0,1,0"', "PKG103"),
    ],
)
def test_one_fault_of_the_package_is_one_finding(old: str, new: str, code: str | None) -> None:
    verdict = check(facts_of(edited(old, new), Profile.OCEAN), RULES)
    assert [one.code for one in verdict.findings] == ([code] if code else [])


def test_another_stale_dependency_is_told_beside_an_unbounded_framework() -> None:
    folder = edited(CORE, CORE.replace("^", ">=")).edited(PYPROJECT, 'pytest = "^9.1.1"', 'pytest = "^9.1.2"')
    codes = [one.code for one in check(facts_of(folder, Profile.OCEAN), RULES).findings]
    assert codes == ["PKG201", "PKG108"]


def test_a_version_that_is_none_is_to_be_that_of_the_changelog() -> None:
    assert cures("malformed-package-version", edited(VERSION, 'version = "0.1.0-rc1"')) == ['write "0.1.0"']


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (one, True)
        for one in (
            "^1",
            "~1.2",
            "~=1.2",
            "*",
            "1.*",
            ">=1.*",
            ">=1,<2",
            "^1 <2",
            "1||^2",
            "^ 1",
            "=1",
            "<>1",
        )
    ]
    + [
        (one, True)
        for one in ("v1", "1.0-beta", "^1.0.0b1", "1.0+local", "^3.12,", " ^1 ", "1.0.dev0", "x" * 201)
    ]
    + [
        (one, False)
        for one in ("", "=>1", "^^1", "^1.*", "^1.x", ">==1", "1.2.", "latest", "^1;", "~>1", "'1'", "1 - 2")
    ],
)
def test_a_constraint_is_read_as_poetry_reads_it(text: str, is_one: bool) -> None:
    assert is_constraint(text) is is_one


OPTIONS = [
    ('{version = "^9.1.1", optional = "yes"}', "15:42", "write true or false"),
    ('{version = "^9.1.1", extra = ["x"]}', "15:31", 'write "extras"'),
    ('{version = "^9.1.1", extras = "x"}', "15:40", 'write ["x"]'),
    ('{version = "^9.1.1", allow_prereleases = true}', "15:31", 'write "allow-prereleases"'),
    ('{version = "^9.1.1", group = "dev"}', "15:31", "delete it"),
    ('{version = "^9.1.1", develop = true}', "15:31", "delete it"),
    ('{git = "https://git.example.com/x", version = "^9.1.1"}', "15:46", "delete it"),
    ('{git = "https://git.example.com/x", tag = 1}', "15:52", 'write "1"'),
    ('{vesion = "^9.1.1", extras = ["x"]}', "15:11", 'write "version"'),
    ("{version = 9}", "15:21", 'write "9"'),
    ('{extras = ["x"]}', "15:1", 'write version = "^X.Y.Z" too'),
    ('[{version = "^9.1.1", python = "<3.12"}, {version = "^2", colour = 1}]', "15:68", "delete it"),
]
READ = [
    '{version = "^9.1.1", markers = "x", platform = "linux", source = "y", allow-prereleases = true}',
    '{path = "../x", develop = true, subdirectory = "y", optional = false}',
    '{git = "https://git.example.com/x", rev = "main", extras = ["y"]}',
    '{url = "https://example.com/x.whl"}',
    '{python = "^3.12"}',
    "{}",
]


@pytest.mark.parametrize(("options", "place", "cure"), OPTIONS, ids=[options for options, _, _ in OPTIONS])
def test_an_option_that_poetry_refuses_is_told_once(options: str, place: str, cure: str) -> None:
    folder = edited('pytest = "^9.1.1"', f"pytest = {options}")
    assert [line.rpartition(": ")[0].partition(": ")[0] for line in said("malformed-dependency", folder)] == [
        place
    ]
    assert cures("malformed-dependency", folder) == [f"{cure}, then type `poetry lock` in this folder"]
    assert [one.code for one in check(facts_of(folder, Profile.OCEAN), RULES).findings] == ["PKG155"]


@pytest.mark.parametrize("options", READ)
def test_an_option_that_poetry_reads_is_not_told(options: str) -> None:
    assert said("malformed-dependency", edited('pytest = "^9.1.1"', f"pytest = {options}")) == []


@pytest.mark.parametrize("options", [*READ, *(options for options, _, _ in OPTIONS)])
def test_poetry_itself_gives_the_same_answer(options: str) -> None:
    table = toml.load("", f"pytest = {options}".encode()).value
    poetry = {"name": "a", "version": "1", "description": "", "authors": [], "dependencies": table}
    refused = Factory.validate({"tool": {"poetry": poetry}})["errors"]
    assert bool(refused) is (options not in READ)


@pytest.mark.parametrize("options", ['extra = ["cli"]', 'extras = "cli"', 'extras = ["cli"], develop = true'])
def test_a_broken_dependency_on_the_framework_is_one_finding(options: str) -> None:
    folder = edited(CORE, f'port_ocean = {{version = "^0.48.12", {options}}}')
    assert len(check(facts_of(folder, Profile.OCEAN), RULES).findings) == 1
