"""What is derived from a title, and what is refused."""

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.model import Profile
from seatrial.scaffold.answers import QUESTIONS, Answers


def test_a_title_is_enough() -> None:
    answers = Answers.of("  My \t Service ")

    assert (answers.title, answers.slug) == ("My Service", "my-service")
    assert answers.description == "My Service integration for Port"
    assert (answers.parent, answers.child) == ("project", "task")
    assert answers.profile is Profile.GUIDE


def test_what_is_given_empty_is_derived() -> None:
    assert Answers.of("My Service", slug="", author=None, icon=" ", released="2026-01-31") == Answers.of(
        "My Service", released="2026-01-31"
    )


def test_it_is_released_on_the_day_by_which_a_verdict_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1769860799")
    assert Answers.of("My Service").released == "2026-01-31"


def test_a_given_slug_serves_where_the_title_has_no_ascii_letters() -> None:
    assert Answers.of("日本", slug="nihon").slug == "nihon"


@pytest.mark.parametrize(
    ("profile", "given", "shared"),
    [
        (Profile.GUIDE, None, False),
        (Profile.OCEAN, None, True),
        (Profile.GUIDE, True, True),
        (Profile.OCEAN, False, False),
    ],
)
def test_the_framework_s_own_repository_shares_its_makefile(
    profile: Profile, given: bool | None, shared: bool
) -> None:
    assert Answers.of("My Service", profile, given).infra is shared


def test_the_record_makes_the_same_answers_again() -> None:
    answers = Answers.of(
        "Ünï", profile=Profile.OCEAN, email="ada@example.com", released="2026-01-31", parent="Pull Request"
    )

    assert Answers.of(**answers.record()) == answers  # type: ignore[arg-type]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.key)
def test_every_question_asks_for_an_answer(question: object) -> None:
    assert question.key in Answers.of("My Service").record()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"title": "日本"}, 'the title "日本" leaves nothing for a folder name'),
        ({"title": "a\x1b[31m"}, r'the title "a\x1b[31m" holds a character that cannot be shown'),
        ({"title": "a\u202eb"}, r'the title "a\u202eb" holds a character that cannot be shown'),
        ({"title": "a\udcffb"}, r'the title "a\xffb" holds a character that cannot be shown'),
        ({"title": "a" * 301}, "is longer than 300 characters"),
        ({"slug": "My_Service"}, "type --slug my-service"),
        (
            {"icon": "two words"},
            'the icon "two words" should be one word, such as Microservice; type it with --icon',
        ),
        ({"docs": "port.io"}, 'the docs "port.io" should be an address'),
        ({"docs": 'https://port.io/"x"'}, "should be an address"),
        ({"author": "Ada <ada@example.com>"}, "type it with --author"),
        ({"author": "🚢"}, "type it with --author"),
        ({"email": "ada"}, 'the email "ada" should be an address'),
        ({"core": "^0.48.12"}, 'the core "^0.48.12" should be three numbers'),
        ({"released": "31.1.2026"}, "should be a date, such as 2026-01-31"),
        ({"released": "20260131"}, "should be a date, such as 2026-01-31"),
        ({"parent": "!"}, 'the kind "!"'),
        ({"parent": "state"}, '"state" is also a property of what belongs to it'),
        ({"parent": "Task"}, 'the kinds "task" and "task" come to the same name'),
        ({"parent": "bus", "child": "buse"}, 'the kinds "bus" and "buse" come to the same name'),
        ({"parent": "3d", "child": "three-d"}, 'the kinds "3d" and "three-d" come to the same name'),
    ],
)
def test_wrong_answers_are_refused_with_what_to_type(given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Answers.of(**{"title": "My Service", **given})  # type: ignore[arg-type]

    assert message in str(caught.value)
    assert str(caught.value).isprintable()
