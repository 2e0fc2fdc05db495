"""What odd titles become."""

import keyword
import re

import pytest

from seatrial.core import names
from seatrial.core.errors import UsageError

ODD = [
    # title, slug, class name, blueprint of the kind "task"
    ("My Service", "my-service", "MyService", "myServiceTask"),
    ("  My   Service ", "my-service", "MyService", "myServiceTask"),
    ("GitHub Actions", "github-actions", "GitHubActions", "githubActionsTask"),
    ("3scale", "3scale", "ThreeScale", "threeScaleTask"),
    ("1", "1", "One", "oneTask"),
    ("365 Connect", "365-connect", "N365Connect", "n365ConnectTask"),
    ("C++ Build", "cpp-build", "CppBuild", "cppBuildTask"),
    ("C#", "csharp", "Csharp", "csharpTask"),
    ("A + B", "a-plus-b", "APlusB", "aPlusBTask"),
    ("R&D", "r-and-d", "RAndD", "rAndDTask"),
    ("Ünï", "uni", "Uni", "uniTask"),
    ("U\u0308nï", "uni", "Uni", "uniTask"),
    ("Straße", "strasse", "Strasse", "strasseTask"),
    ("Øre Łódź Æsir", "ore-lodz-aesir", "OreLodzAesir", "oreLodzAesirTask"),
    ("ＦＵＬＬ width", "full-width", "FULLWidth", "fullWidthTask"),
    ("Bob's Tool", "bobs-tool", "BobsTool", "bobsToolTask"),
    ("Node.js", "node-js", "NodeJs", "nodeJsTask"),
    ("snake_case", "snake-case", "SnakeCase", "snakeCaseTask"),
    ("--dashes--", "dashes", "Dashes", "dashesTask"),
    ("日本 Board", "board", "Board", "boardTask"),
    ("class", "class", "Class", "classTask"),
    ("import", "import", "Import", "importTask"),
    ("test", "test", "Test", "testTask"),
    ("json", "json", "Json", "jsonTask"),
    ("Base", "base", "BaseService", "baseTask"),
    ("API", "api", "APIService", "apiTask"),
]


@pytest.mark.parametrize(("title", "slug", "class_name", "blueprint"), ODD)
def test_odd_titles_become_names_a_person_would_choose(
    title: str, slug: str, class_name: str, blueprint: str
) -> None:
    made = (names.slug(title), names.class_name(title), names.blueprint(title, "task"))

    assert made == (slug, class_name, blueprint)


@pytest.mark.parametrize("title", [row[0] for row in ODD] + ["a" * 300, "word " * 60, "9" * 300, "1 2 3"])
def test_every_name_keeps_its_law(title: str) -> None:
    assert names.SLUG.fullmatch(names.slug(title))
    assert len(names.slug(title)) <= names.MAX_SLUG
    assert names.checked_slug(names.slug(title)) == names.slug(title)
    for name in (names.class_name(title), names.constant_name(title)):
        assert name.isascii()
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
    assert re.fullmatch(r"[A-Za-z0-9@_=\-]+", names.blueprint(title, "task"))


def test_a_long_title_is_cut_between_words() -> None:
    assert names.slug("A very long title that nobody would ever want to type") == (
        "a-very-long-title-that-nobody-would-ever"
    )


@pytest.mark.parametrize("title", ["", "  ", "!!!", "日本", "\x00", "🚢"])
def test_a_title_that_leaves_nothing_says_how_to_give_a_slug(title: str) -> None:
    with pytest.raises(UsageError, match="--slug my-service") as caught:
        names.slug(title)

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("My Service", "my-service"),
        ("my_service", "my-service"),
        ("-my-", "my"),
        ("a--b", "a-b"),
        ("../../etc", "etc"),
        ("a\n", "a"),
        ("a" * 41, "a" * 40),
        ("日本", "my-service"),
    ],
)
def test_a_wrong_slug_is_refused_with_the_nearest_right_one(given: str, near: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"type --slug {near}") + "$"):
        names.checked_slug(given)


@pytest.mark.parametrize(
    ("given", "kind", "constant", "variable"),
    [
        ("project", "project", "PROJECT", "project"),
        ("Pull Request", "pull-request", "PULL_REQUEST", "pull_request"),
        ("flag_status", "flag-status", "FLAG_STATUS", "flag_status"),
        ("3d-model", "3d-model", "THREE_D_MODEL", "three_d_model"),
        ("class", "class", "CLASS", "class"),
    ],
)
def test_kinds_and_their_identifiers(given: str, kind: str, constant: str, variable: str) -> None:
    made = (names.kind(given), names.constant_name(given), names.variable_name(given))

    assert made == (kind, constant, variable)


@pytest.mark.parametrize("given", ["", "!", "日本", "a-kind-of-twenty-one-c", "7" + "a" * 19])
def test_a_kind_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="should be letters a-z, digits and hyphens, at most 20"):
        names.kind(given)


@pytest.mark.parametrize(
    ("word", "plural"),
    [
        ("project", "projects"),
        ("repository", "repositories"),
        ("day", "days"),
        ("branch", "branches"),
        ("status", "statuses"),
        ("box", "boxes"),
        ("pull_request", "pull_requests"),
    ],
)
def test_regular_plurals(word: str, plural: str) -> None:
    assert names.plural(word) == plural


def test_a_shown_text_is_short_and_has_no_control_characters() -> None:
    assert names.shown("a\x1b[31m\n") == r"a\x1b[31m\n"
    assert names.shown("b" * 80) == "b" * 57 + "..."
