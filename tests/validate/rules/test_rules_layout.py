"""Rules of family LAY, beyond the example of each rule."""

from __future__ import annotations

import shlex

import pytest

from seatrial.core.model import Entry, Kind, MemoryFolder, Severity
from seatrial.validate.rules import BY_CODE, BY_NAME, RULES
from seatrial.validate.run import check
from support.good import facts_of, good_folder, problems_of

GOOD = good_folder()
RESOURCES = ".port/resources"


def said(name: str, folder: MemoryFolder, **context: object) -> list[str]:
    return [
        f"{p.where.path}:{p.where.line}: {p.message}" for p in problems_of(BY_NAME[name], folder, **context)
    ]


def layout_codes(folder: MemoryFolder, **context: object) -> set[str]:
    facts = facts_of(folder, **context)  # type: ignore[arg-type]
    return {rule.code for rule in RULES if rule.family == "LAY" and any(rule.problems(facts))}


def others(count: int, folder: MemoryFolder = GOOD) -> dict[str, MemoryFolder]:
    return {f"other-{number}": folder for number in range(count)}


@pytest.mark.parametrize(
    ("missing", "misnamed", "fix_title"),
    [
        ("README.md", "readme.md", 'rename "readme.md" to "README.md"'),
        ("CHANGELOG.md", "CHANGLOG.md", 'rename "CHANGLOG.md" to "CHANGELOG.md"'),
        ("tests/__init__.py", "tests/init.py", 'rename "tests/init.py" to "tests/__init__.py"'),
        ("main.py", "domain.py", 'add a "main.py" that registers a resync function for each kind'),
    ],
)
def test_a_file_with_nearly_the_right_name_should_be_renamed(
    missing: str, misnamed: str, fix_title: str
) -> None:
    folder = GOOD.moved(missing, misnamed)
    problems = [p for rule in RULES if rule.family == "LAY" for p in problems_of(rule, folder)]
    assert [(p.where.path, p.fix and p.fix.title) for p in problems] == [(missing, fix_title)]


@pytest.mark.parametrize(
    ("path", "misnamed", "codes"),
    [
        (".port/spec.yaml", ".port/spec.ymal", {"LAY103"}),
        (f"{RESOURCES}/blueprints.json", f"{RESOURCES}/blueprint.json", {"LAY104"}),
        (f"{RESOURCES}/port-app-config.yaml", f"{RESOURCES}/port_app_config.yaml", {"LAY104"}),
        (f"{RESOURCES}/blueprints.json", f"{RESOURCES}/blueprints.txt", {"LAY104"}),
        (f"{RESOURCES}/blueprints.json", "blueprints.json", {"LAY012"}),
    ],
)
def test_a_misspelled_name_below_port_is_one_finding(path: str, misnamed: str, codes: set[str]) -> None:
    assert layout_codes(GOOD.moved(path, misnamed)) == codes


@pytest.mark.parametrize("suffix", ["json", "yml"])
def test_a_spec_and_a_resource_may_have_any_suffix_that_ocean_reads(suffix: str) -> None:
    folder = GOOD.moved(".port/spec.yaml", f".port/spec.{suffix}")
    folder = folder.moved(f"{RESOURCES}/port-app-config.yaml", f"{RESOURCES}/port-app-config.{suffix}")
    folder = folder.moved(f"{RESOURCES}/scorecards.json", f"{RESOURCES}/scorecards.yaml")
    assert layout_codes(folder) == set()


def test_a_file_that_all_others_have_is_reported_with_evidence() -> None:
    (problem,) = problems_of(
        BY_NAME["missing-poetry-settings"], GOOD.without("poetry.toml"), siblings=others(4)
    )
    assert problem.evidence == "all the 4 other integrations have it"
    assert problem.severity is Severity.ERROR


def test_a_missing_file_that_only_some_others_have_is_a_warning() -> None:
    siblings = others(3) | {"bare-1": GOOD.without("debug.py"), "bare-2": GOOD.without("debug.py")}
    (problem,) = problems_of(BY_NAME["missing-debug"], GOOD.without("debug.py"), siblings=siblings)
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    "name",
    [
        "debug.py",
        "poetry.toml",
        "Makefile",
        "README.md",
        "CHANGELOG.md",
        f"{RESOURCES}/blueprints.json",
        ".gitignore",
        "changelog/.gitignore",
    ],
)
def test_a_missing_file_that_most_others_lack_is_not_reported(name: str) -> None:
    bare = GOOD.without(name)
    assert layout_codes(bare, siblings=others(4, bare)) == set()


@pytest.mark.parametrize("name", ["pyproject.toml", "main.py", ".port/spec.yaml"])
def test_a_file_that_ocean_needs_is_required_even_if_others_lack_it(name: str) -> None:
    bare = GOOD.without(name)
    (code,) = layout_codes(bare, siblings=others(4, bare))
    assert BY_CODE[code].severities


def test_an_info_is_given_only_where_nearly_all_others_have_the_file() -> None:
    bare = GOOD.without(".env.example")
    assert said("missing-env-example", bare, siblings=others(4)) == [
        '.env.example:1: ".env.example" is missing'
    ]
    assert said("missing-env-example", bare, siblings=others(4) | others(1, bare) | {"b": bare}) == []


@pytest.mark.parametrize(
    ("core", "siblings", "severity"),
    [
        ("^0.48.12", 3, Severity.ERROR),
        ("^0.48.12", 0, Severity.WARNING),
        ("^0.30.1", 3, Severity.WARNING),
        ("^0.30.1", 0, None),
    ],
)
def test_the_integration_class_is_required_from_the_version_that_builds_schemas_from_it(
    core: str, siblings: int, severity: Severity | None
) -> None:
    folder = GOOD.edited("pyproject.toml", "^0.48.12", core).without("integration.py")
    problems = problems_of(BY_NAME["missing-integration-class"], folder, siblings=others(siblings))
    assert [p.severity or Severity.ERROR for p in problems] == ([severity] if severity else [])


def test_a_tests_folder_needs_its_init_file() -> None:
    assert said("missing-tests", GOOD.without("tests/__init__.py")) == [
        'tests/__init__.py:1: "tests/__init__.py" is missing'
    ]


@pytest.mark.parametrize(
    ("path", "message", "fix_title"),
    [
        ("resource/a.json", '".port/resource" is read by nobody', 'rename it to ".port/resources"'),
        ("notes.txt", '".port/notes.txt" is read by nobody', "delete it, or move it out of .port"),
        ("pages.json", '".port/pages.json" is read by nobody', f'move it to "{RESOURCES}/pages.json"'),
        (
            "resources/blueprints.jsonc",
            f'"{RESOURCES}/blueprints.jsonc" ends in ".jsonc", and Ocean stops at it',
            None,
        ),
        ("resources/pages/a.json", f'"{RESOURCES}/pages" is a folder, and Ocean stops at it', None),
        ("resources/page.json", f'"{RESOURCES}/page.json" is read by nobody', 'rename it to "pages.json"'),
        ("resources/teams.json", f'"{RESOURCES}/teams.json" is read by nobody', None),
    ],
)
def test_a_file_below_port_that_nobody_reads_is_reported(
    path: str, message: str, fix_title: str | None
) -> None:
    folder = GOOD.having(f".port/{path}", "[]\n")
    (problem,) = [p for code in ("LAY103", "LAY104") for p in problems_of(BY_CODE[code], folder)]
    assert problem.message == message
    assert fix_title is None or (problem.fix and problem.fix.title == fix_title)


@pytest.mark.parametrize("path", [".port/.gitignore", f"{RESOURCES}/.gitkeep", ".port/examples/task/a.json"])
def test_files_that_belong_below_port_are_accepted(path: str) -> None:
    assert layout_codes(GOOD.having(path, "{}\n")) == set()


@pytest.mark.parametrize(
    ("path", "entry", "message"),
    [
        ("fifo", Entry(Kind.SPECIAL), '"fifo" is a pipe, a socket or a device'),
        ("README.md", Entry(Kind.FOLDER, target="docs"), '"README.md" is a folder, not a file'),
    ],
)
def test_a_path_that_cannot_be_read_is_reported(path: str, entry: Entry, message: str) -> None:
    folder = MemoryFolder({p: t for p, t in GOOD.files.items() if p != path}, {path: entry})
    assert said("unreadable-file", folder) == [f"{path}:1: {message}"]


@pytest.mark.parametrize("path", ["tests", "changelog", RESOURCES])
def test_a_file_in_place_of_a_folder_is_one_finding(path: str) -> None:
    folder = GOOD.without(path).having(path, "none yet\n")
    assert said("unreadable-file", folder) == [f'{path}:1: "{path}" is a file, not a folder']
    assert layout_codes(folder) == {"LAY105"}


def test_a_dangling_link_in_place_of_a_folder_is_one_finding() -> None:
    assert layout_codes(GOOD.without("tests").linked("tests", "../gone", Kind.DANGLING)) == {"LAY106"}


@pytest.mark.parametrize(
    ("target", "kind", "code"),
    [
        ("../_infra/gone", Kind.DANGLING, "LAY106"),
        ("/gone", Kind.DANGLING, "LAY106"),
        ("../../secrets", Kind.ESCAPING, "LAY107"),
        ("/srv/integrations/_infra/Makefile", Kind.FILE, "LAY107"),
    ],
)
def test_a_link_that_others_cannot_follow_is_one_finding(target: str, kind: Kind, code: str) -> None:
    assert layout_codes(GOOD.linked("link", target, kind)) == {code}


def test_a_link_to_a_file_of_the_workspace_is_accepted() -> None:
    assert layout_codes(GOOD.without("Makefile").linked("Makefile", "../_infra/Makefile")) == set()


@pytest.mark.parametrize(
    ("path", "target", "kind", "code"),
    [
        (".port/examples/x.json", "../../../other/.env", Kind.FILE, "LAY115"),
        (".port/examples/x.json", "one.json", Kind.FILE, "LAY115"),
        (".port/more", "../../other", Kind.FOLDER, "LAY115"),
        (".port/examples/x.json", "/etc/passwd", Kind.ESCAPING, "LAY107"),
        (".port/examples/x.json", "/srv/x.json", Kind.FILE, "LAY107"),
        (".port/examples/x.json", "gone.json", Kind.DANGLING, "LAY106"),
    ],
)
def test_a_link_in_what_is_published_is_one_finding(path: str, target: str, kind: Kind, code: str) -> None:
    assert code in layout_codes(GOOD.linked(path, target, kind))
    assert {"LAY106", "LAY107", "LAY115"} & layout_codes(GOOD.linked(path, target, kind)) == {code}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("a/__pycache__/b.pyc", "a/__pycache__"),
        (".idea/workspace.xml", ".idea"),
        ("client.py.orig", "client.py.orig"),
        ("a/b/node_modules/c/node_modules/d.js", "a/b/node_modules"),
        ("x/Thumbs.db", "x/Thumbs.db"),
    ],
)
def test_leftovers_are_reported_once_at_their_topmost_folder(path: str, place: str) -> None:
    folder = GOOD.having(path, "x").having(path + "2", "y")
    assert [p.where.path for p in problems_of(BY_NAME["junk"], folder)] == [place]


@pytest.mark.parametrize(
    "path", ['a";touch x;"/.env', "$(touch x)/.env", "`x`/.env", "-r/a.orig", "it's/a.orig"]
)
def test_the_command_against_a_committed_file_names_nothing_but_that_file(path: str) -> None:
    (found,) = problems_of(
        BY_NAME["committed-secrets" if path.endswith(".env") else "junk"], GOOD.having(path, "A=1\n")
    )
    command = (
        (found.fix.title if found.fix else "")
        .removeprefix("type `")
        .rpartition("`, ")[0]
        .partition("`, add")[0]
    )
    assert shlex.split(command)[-1].removeprefix("./") == path


@pytest.mark.parametrize(
    "path", ["examples/slack.env", "venvs.py", "env/.env.example", "bakery.py", "my.idea/x", "a.pyci"]
)
def test_files_that_only_look_like_leftovers_are_accepted(path: str) -> None:
    assert layout_codes(GOOD.having(path, "x\n")) == set()


@pytest.mark.parametrize(("path", "name"), [(".env", "committed-secrets"), (".idea/a.xml", "junk")])
def test_leftovers_that_gitignore_names_are_warnings(path: str, name: str) -> None:
    (problem,) = problems_of(BY_NAME[name], GOOD.having(path, "x"))
    assert problem.severity is Severity.WARNING
    (problem,) = problems_of(BY_NAME[name], GOOD.having(path, "x").having(".gitignore", "# .env\n"))
    assert problem.severity is None


def test_a_retired_file_is_accepted_where_others_have_it_or_are_too_few() -> None:
    folder = GOOD.having("config.yaml", "a: 1\n")
    assert layout_codes(folder) == set()
    assert layout_codes(folder, siblings=others(3) | {"old": folder}) == set()
    assert said("retired-file", folder, siblings=others(12) | {"old": folder}) == [
        'config.yaml:1: "config.yaml" is out of use: the settings come from the environment and the spec'
    ]


@pytest.mark.parametrize(
    ("makefile", "is_own"),
    [
        ("include ../_infra/Makefile", False),
        ("include ../_infra/Makefile\n", False),
        ("all:\n", True),
        ("", True),
    ],
)
def test_a_makefile_uses_the_shared_one_by_including_it(makefile: str, is_own: bool) -> None:
    sharing = GOOD.having("Makefile", "include ../_infra/Makefile\n")
    linked = GOOD.without("Makefile").linked("Makefile", "../_infra/Makefile")
    siblings = others(2, sharing) | {"linked": linked}
    assert bool(said("own-makefile", GOOD.having("Makefile", makefile), siblings=siblings)) is is_own
    assert said("own-makefile", linked, siblings=siblings) == []


def test_a_makefile_linked_to_another_place_is_not_the_shared_one() -> None:
    sharing = GOOD.having("Makefile", "include ../_infra/Makefile\n")
    folder = GOOD.without("Makefile").linked("Makefile", "../jira/Makefile")
    assert said("own-makefile", folder, siblings=others(3, sharing)) == [
        'Makefile:1: "Makefile" is not the shared one, "../_infra/Makefile"'
    ]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("client.py", "a = 1\n<<<<<<< HEAD\nb = 2\n=======\nb = 3\n>>>>>>> main\n", 2),
        ("CHANGELOG.md", "# Log\n\n>>>>>>> main\n", 3),
        ("poetry.lock", "<<<<<<< ours\n", 1),
        ("README.md", "```\nfenced\n```\n<<<<<<< HEAD\n", 4),
    ],
)
def test_conflict_markers_are_reported_at_the_first_line(path: str, text: str, line: int) -> None:
    assert said("conflict-marker", GOOD.having(path, text)) == [
        f"{path}:{line}: a merge conflict was left unresolved"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Title\n=======\n",
        "```\n<<<<<<< HEAD\n>>>>>>> main\n```\n",
        " <<<<<<< HEAD\n",
        "<<<<<<<\n",
        "~~~\n>>>>>>> x\n~~~\n",
        ">> a\n",
    ],
)
def test_text_that_only_looks_like_a_conflict_is_accepted(text: str) -> None:
    assert said("conflict-marker", GOOD.having("README.md", text)) == []


@pytest.mark.parametrize(
    ("path", "text", "place", "severity"),
    [
        (".port/examples/task/a.json", '{"a": 1,\n}', "1:8", None),
        ("examples/mapping.yaml", "a: [1\n", "1:4", Severity.WARNING),
        ("poetry.toml", "[virtualenvs\n", "1:13", Severity.WARNING),
        ("data.json", "", "1:1", Severity.WARNING),
    ],
)
def test_a_malformed_data_file_is_reported_where_it_breaks(
    path: str, text: str, place: str, severity: Severity | None
) -> None:
    (problem,) = problems_of(BY_NAME["malformed-data-file"], GOOD.having(path, text))
    assert (f"{problem.where.line}:{problem.where.column}", problem.severity) == (place, severity)
    assert problem.message.startswith("does not parse: ")


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.json",
        "integration_tests/a.yaml",
        "x/fixtures/a.json",
        ".github/a.yaml",
        ".port/spec.json",
        f"{RESOURCES}/pages.json",
    ],
)
def test_data_files_of_tests_and_of_other_families_are_skipped(path: str) -> None:
    assert said("malformed-data-file", GOOD.having(path, "{")) == []


def test_yaml_of_other_tools_may_have_tags_and_many_documents() -> None:
    assert said("malformed-data-file", GOOD.having("deploy.yaml", "a: !Ref b\n---\nc: &x 1\n")) == []


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x00" * 100, b"<<<<<<< \xff\n", b"{" * 100_000])
@pytest.mark.parametrize(
    "path", ["README.md", "Makefile", ".gitignore", "data.json", "data.yaml", "poetry.toml", ".env"]
)
def test_hostile_bytes_raise_nothing(path: str, data: bytes) -> None:
    layout_codes(GOOD.having(path, data))


def test_an_empty_folder_raises_nothing_and_lacks_the_required_files() -> None:
    assert {"LAY002", "LAY003", "LAY007", "LAY011"} <= layout_codes(MemoryFolder({}))


@pytest.mark.parametrize(("beside", "codes"), [(0, {"LAY002"}), (1, {"LAY002"}), (3, set())])
def test_one_or_two_integrations_are_judged_by_the_guide_and_more_by_each_other(
    beside: int, codes: set[str]
) -> None:
    bare = GOOD.without("CHANGELOG.md")
    assert layout_codes(bare, siblings=others(beside, bare)) == codes


@pytest.mark.parametrize(
    ("gone", "said_of_it"),
    [
        (".port", 'LAY011: ".port" is missing'),
        (RESOURCES, f'LAY012: "{RESOURCES}" is missing'),
    ],
)
def test_a_missing_folder_is_one_finding_not_one_for_each_file_in_it(gone: str, said_of_it: str) -> None:
    verdict = check(facts_of(GOOD.without(gone)), RULES)
    assert [f"{one.code}: {one.message}" for one in verdict.findings] == [said_of_it]


def test_evidence_names_the_file_that_the_others_have() -> None:
    renamed = GOOD.moved(".port/spec.yaml", ".port/spec.json")
    (problem,) = problems_of(
        BY_NAME["missing-spec"], GOOD.without(".port/spec.yaml"), siblings=others(4, renamed)
    )
    assert (problem.where.path, problem.message) == (".port/spec.json", '".port/spec.json" is missing')
    assert problem.evidence == "all the 4 other integrations have it"
    assert problem.fix and problem.fix.title.startswith('add a ".port/spec.json" with title')


@pytest.mark.parametrize(
    ("target", "kind", "words"),
    [
        ("../../../../secret", Kind.ESCAPING, "which is outside the repository"),
        ("../../tools/a", Kind.ESCAPING, "from which another link leads out of the repository"),
        ("../../notes", Kind.IGNORED, "which git leaves out, so that nobody else has it"),
        ("/usr/bin/python3", Kind.ESCAPING, "an absolute path, which leads elsewhere on each machine"),
    ],
)
def test_a_link_is_reported_in_words_that_are_true_of_it(target: str, kind: Kind, words: str) -> None:
    assert said("escaping-link", GOOD.linked("a", target, kind)) == [
        f'a:1: "a" is a link to "{target}", {words}'
    ]


def test_a_link_to_a_file_of_the_repository_outside_of_the_integrations_is_accepted() -> None:
    assert layout_codes(GOOD.linked("shared.json", "../../tools/shared.json", Kind.FILE)) == set()


@pytest.mark.parametrize(
    ("files", "place", "nature"),
    [
        (("env/pyvenv.cfg", "env/lib/a.json"), "env", "is a virtual environment, which Poetry makes anew"),
        (("my env/conda-meta/history", "my env/a.yaml"), "my env", "is a virtual environment"),
        (("a/node_modules/b/c.json",), "a/node_modules", "holds packages that npm installed"),
        (("x/__pycache__/y.pyc",), "x/__pycache__", "is compiled Python"),
        (("dist/a-1.0.tar.gz", "dist/a.whl"), "dist", "holds what a build made"),
        (("build/lib/a.py", "build/bdist.linux/b.py"), "build", "holds what a build made"),
        (("a.egg-info/PKG-INFO", "a.egg-info/b.json"), "a.egg-info", "holds what a build made"),
        (("htmlcov/x.json",), "htmlcov", "holds a measurement of test coverage"),
    ],
)
def test_what_a_tool_left_behind_is_one_finding_that_says_what_it_is(
    files: tuple[str, ...], place: str, nature: str
) -> None:
    folder = GOOD
    for path in files:
        folder = folder.having(path, "{")
    folder = folder.linked(f"{place}/bin/python", "/usr/bin/python3", Kind.ESCAPING)
    [only] = [p for rule in RULES if rule.family == "LAY" for p in problems_of(rule, folder)]
    assert only.where.path == place
    assert only.message.startswith(f'"{place}" {nature}')


@pytest.mark.parametrize(
    "files",
    [
        ("build/__init__.py", "build/lib/__init__.py", "build/lib/a.py"),
        ("dist/client.py",),
        ("env/settings.py",),
        ("history", "docs/history"),
    ],
)
def test_folders_that_only_share_a_name_with_left_overs_are_accepted(files: tuple[str, ...]) -> None:
    folder = GOOD
    for path in files:
        folder = folder.having(path, "")
    assert layout_codes(folder) == set()


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("docs/a.md", "text", 1),
        ("docs/a.md", "text\nmore", 2),
        ("docs/a.md", "text\n\n\n", 2),
        ("docs/a.md", "text\n", 0),
        ("docs/a.md", "text\r\n", 0),
        ("docs/a.md", "", 0),
        ("a.py", "x = 1", 0),
        ("tests/a.json", "{}", 0),
        ("logo.png", "\0PNG", 0),
    ],
)
def test_a_text_ends_with_one_line_end(path: str, text: str, line: int) -> None:
    expected = [f"{path}:{line}: the file does not end in one line end"] if line else []
    assert said("unended-file", GOOD.having(path, text)) == expected


def test_blanks_at_the_end_of_a_line_are_one_finding_a_file() -> None:
    assert said("trailing-blanks", GOOD.having("a.md", "one\ntwo \nthree\t\r\n")) == [
        "a.md:2: blanks stand at the end of a line"
    ]


@pytest.mark.parametrize("path", ["poetry.lock", "ui/package-lock.json"])
def test_a_lock_file_may_be_large_and_holds_hashes(path: str) -> None:
    folder = GOOD.having(path, "AKIAQ7DYX2MBL5ZK3RVN " * 40_000)
    assert {"LAY118", "LAY119"} & layout_codes(folder) == set()
    assert {"LAY118", "LAY119"} <= layout_codes(GOOD.having("data.txt", "AKIAQ7DYX2MBL5ZK3RVN\n" * 40_000))


def test_a_credential_in_tests_is_a_warning() -> None:
    folder = GOOD.having("tests/test_a.py", 'KEY = "AKIAQ7DYX2MBL5ZK3RVN"\n')
    (problem,) = problems_of(BY_NAME["committed-credential"], folder)
    assert (problem.message, problem.severity) == ("an access key of AWS is committed here", Severity.WARNING)


ENV = ".env.example"


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ("", "", []),
        (
            "CONFIG__API_URL",
            "CONFIG__API_URI",
            ['"OCEAN__INTEGRATION__CONFIG__API_URI" is no configuration of the spec'],
        ),
        ("CONFIG__API_URL", "CONFIG__api_url", []),
        ("OCEAN__INTEGRATION__CONFIG__API_URL", "# OCEAN__INTEGRATION__CONFIG__API_URL", []),
        ("OCEAN__PORT__CLIENT_ID", "OCEAN__INTEGRATION__CONFIG__APP_HOST", []),
    ],
)
def test_the_example_of_an_environment_agrees_with_the_spec(old: str, new: str, messages: list[str]) -> None:
    folder = GOOD.having(ENV, GOOD.text(ENV).replace(old, new) if old else GOOD.text(ENV))
    assert [p.message for p in problems_of(BY_NAME["example-disagrees"], folder)] == messages


@pytest.mark.parametrize(
    ("path", "text", "tested"),
    [
        ("tests/test_a.py", "def test_a(): ...\n", True),
        ("tests/unit/a_test.py", "class TestA:\n    async def test_a(self): ...\n", True),
        ("tests/a.py", "def test_a(): ...\n", False),
        ("tests/test_a.py", "# def test_a(): ...\n", False),
        ("tests/test_a.txt", "def test_a(): ...\n", False),
    ],
)
def test_a_test_is_what_pytest_collects(path: str, text: str, tested: bool) -> None:
    bare = GOOD.without("tests/test_client.py").without("tests/test_defaults.py")
    assert said("untested", bare.having(path, text)) == (
        [] if tested else ["tests:1: pytest collects no test"]
    )


def test_other_names_of_tests_are_left_to_pytest() -> None:
    bare = GOOD.without("tests/test_client.py").without("tests/test_defaults.py")
    options = "[tool.pytest.ini_options]\n"
    named = bare.edited("pyproject.toml", options, f'{options}python_files = "*.py"\n')
    assert said("untested", named) == []
    assert said("untested", bare, siblings=others(3, bare)) == []


def test_a_name_that_no_variable_can_have_is_left_to_the_rules_of_names() -> None:
    spec = GOOD.text(".port/spec.yaml").replace("name: apiUrl", "name: api-url")
    found = said("example-disagrees", GOOD.having(".port/spec.yaml", spec))
    assert not any("api-url" in line for line in found)


def test_a_credential_in_the_example_is_one_finding() -> None:
    token = "ghp_" + "aB3dE5gH7jK9mN2pQ4sT6vW8xY0zA1cD3eF5"
    text = GOOD.text(".env.example").replace("your-token", token)
    assert said("secret-in-example", GOOD.having(".env.example", text)) == []


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("other-service", 1),
        ('"good-service"', 0),
        ("good-service", 0),
        ("<type>", 0),
        ("", 0),
        ("${TYPE}", 0),
    ],
)
def test_the_type_in_the_example_of_an_environment_is_that_of_the_integration(value: str, count: int) -> None:
    text = GOOD.text(ENV).replace("INTEGRATION__TYPE=good-service", f"INTEGRATION__TYPE={value}")
    found = problems_of(BY_NAME["type-of-another-integration"], GOOD.having(ENV, text))
    assert len(found) == count


CONFIG = "OCEAN__INTEGRATION__CONFIG__"


def told_of_example(old: str, new: str) -> list[str]:
    """All that is told of the good folder with one edit of `.env.example`, of every family."""
    found = check(facts_of(GOOD.edited(ENV, old, new)), RULES).findings
    return [f"{one.code} {one.line}" for one in found]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (f"{CONFIG}API_TOKEN=", f"{CONFIG}API_TOKEN: ", ["LAY141 7"]),
        (f"{CONFIG}API_TOKEN=", f"{CONFIG}API_TOKEN:", ["LAY141 7"]),
        (f"{CONFIG}API_TOKEN=", f"{CONFIG}API_TOKEN ", ["LAY141 7"]),
        (f"{CONFIG}API_TOKEN=your-token", f'{CONFIG}API_TOKEN="your-token",', ["LAY141 7"]),
        (f"{CONFIG}API_TOKEN=", f"the token of an account\n{CONFIG}API_TOKEN=", ["LAY141 7"]),
        (f"{CONFIG}API_TOKEN=your-token", f'{CONFIG}API_TOKEN="your-token"#, not a comma', []),
        (f"{CONFIG}API_TOKEN=your-token", f'export {CONFIG}API_TOKEN = "your\ntoken x\n" # of lines', []),
        (f"{CONFIG}API_TOKEN=", f"PORT_CLIENT_ID\n{CONFIG}API_TOKEN=", []),
        ("OCEAN__PORT__CLIENT_ID", "OCEAN__PORT___CLIENT_ID", ["LAY142 1"]),
        ("OCEAN__PORT__CLIENT_ID", "OCEAN_PORT__CLIENT_ID", ["LAY142 1"]),
        ("OCEAN__PORT__CLIENT_ID", "OCEAN__PORT__CLEINT_ID", ["LAY142 1"]),
        (f"{CONFIG}API_TOKEN", f"{CONFIG[:-1]}API_TOKEN", ["LAY142 7"]),
        (f"{CONFIG}API_TOKEN", f"{CONFIG}_API_TOKEN", ["LAY121 7"]),
        ("OCEAN__PORT__BASE_URL=", "OCEAN__CLIENT_TIMEOUT=30\nOCEAN__PORT__BASE_URL=", []),
        ("OCEAN__PORT__BASE_URL=", "ocean__port__base_url=", []),
        (f"{CONFIG}PAGE_SIZE=100", f"{CONFIG}PAGE_SIZE=ten", ["LAY143 8"]),
        (f"{CONFIG}PAGE_SIZE=100", f"{CONFIG}PAGE_SIZE=<a number>", []),
        (f"{CONFIG}PAGE_SIZE=100", f"{CONFIG}PAGE_SIZE=", []),
        (f"{CONFIG}PAGE_SIZE=100", f"# {CONFIG}PAGE_SIZE=ten", []),
        ("RESOURCES=true", "RESOURCES=ture", ["LAY143 10"]),
        ("RESOURCES=true", "RESOURCES=Off", []),
        ("TYPE=POLLING", "TYPE=polling", ["LAY143 9"]),
        ("TYPE=POLLING", "TYPE=HTTP", ["LAY143 9"]),
        ("TYPE=POLLING", "TYPE=<KAFKA or POLLING>", []),
        ("TYPE=POLLING", "TYPE=WEBHOOKS_ONLY", []),
        (f"{CONFIG}PAGE_SIZE=100", f"{CONFIG}PAGE_SIZE=1\n{CONFIG}page_size=2", ["LAY144 9"]),
        (f"{CONFIG}PAGE_SIZE=100", f"{CONFIG}PAGE_SIZE=1\n# {CONFIG}PAGE_SIZE=2", []),
    ],
)
def test_a_line_of_the_example_that_ocean_reads_otherwise_is_told_once(
    old: str, new: str, found: list[str]
) -> None:
    assert told_of_example(old, new) == found


def test_many_lines_that_set_nothing_are_one_finding() -> None:
    text = "\n".join(f'{line.replace("=", "=%s", 1)}",' % chr(34) for line in GOOD.text(ENV).splitlines())
    assert said("unread-line-of-example", GOOD.having(ENV, text)) == [
        '.env.example:1: this line does not set "OCEAN__PORT__CLIENT_ID", nor do 9 others theirs'
    ]
