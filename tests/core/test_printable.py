from __future__ import annotations

import shlex

import pytest

from seatrial.core.printable import argument, cut, encodable, one_line, plain, shown, visible
from support.outcomes import HOSTILE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x00\x07\x7f\x9b", r"\x00\x07\x7f\x9b"),
        ("\u2028\u202e\u2066\u200f", r"\u2028\u202e\u2066\u200f"),
        ("ti\u200btle", r"ti\u200btle"),
        ("\U000e0041", r"\U000e0041"),
        ("caf\udce9", r"caf\xe9"),
        ("\ud800", r"\ud800"),
        ("::error::x", r"\x3a:error::x"),
        ("\u3000::error::x", "\u3000\\x3a:error::x"),
        ("##[error]x", r"\x23#[error]x"),
        ("###[error]x", r"#\x23#[error]x"),
        ("##vso[x]", r"\x23#vso[x]"),
    ],
)
def test_what_acts_on_a_terminal_or_a_log_is_written_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ünï 日本 👩\u200d🚀",
        "a::b",
        "std::error::Error",
        "## 1.2.0 (2024-01-01)",
        "list[str]",
        r"C:\new",
        "a\u00a0b",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == encodable(text) == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_plain_text_is_one_encodable_line_that_is_not_changed_again(text: str) -> None:
    shown = plain(text)
    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown
    assert plain(shown) == shown


@pytest.mark.parametrize(
    ("message", "seen"),
    [
        ('" ## 0.1.0" is no heading', '"\u2423## 0.1.0" is no heading'),
        ('"##  0.1.0", "## 0.1.0 "', '"##\u2423\u24230.1.0", "## 0.1.0\u2423"'),
        ('"##\xa00.1.0" and "##\t0.1.0"', r'"##\xa00.1.0" and "##\t0.1.0"'),
        ('"na\u200bme" is "\ufeffname\u202e"', r'"na\u200bme" is "\ufeffname\u202e"'),
        ('"n\u0430me" is not a key', r'"n\u0430me" is not a key'),
        ("2026\u201301\u201331", r"2026\u201301\u201331"),
        ("\uff56ersion1", r"\uff56ersion1"),
        ("a\rb", r"a\rb"),
    ],
)
def test_a_message_shows_what_a_reader_would_not_see(message: str, seen: str) -> None:
    assert visible(message) == seen


@pytest.mark.parametrize(
    "message",
    [
        "",
        'a second ": " on this line; a list item without its "- "',
        '"a" "b" are two',
        "\u0438\u043c\u044f, \u03ba\u03b1\u03b9, \u65e5\u672c, \xdcn\xef, \U0001f469\u200d\U0001f680, \u2764\ufe0f",
        "two  blanks outside of quotes\nand a line",
        "one \u2013 two",
    ],
)
def test_a_message_of_ordinary_text_stays_as_it_is(message: str) -> None:
    assert visible(message) == message


def test_a_shown_text_is_one_visible_line() -> None:
    assert shown("a\n\xa0b") == r"a\n\xa0b"
    assert shown("b" * 61) == "b" * 57 + "..."


def test_a_text_of_others_is_one_argument_of_a_command_that_is_pasted() -> None:
    assert argument("jira/.env") == "jira/.env"
    for hostile in ('a";touch x;"', "$(touch x)", "a'b", "-rf", "a b", "a\n b"):
        (word,) = shlex.split(argument(hostile))
        assert word.removeprefix("./") == hostile.replace("\n", r"\n") and not word.startswith("-")


def test_encodable_text_keeps_its_control_characters() -> None:
    assert encodable("a\n\x1b\udcff\udfff") == "a\n\x1b\\xff\\udfff"


def test_a_long_text_is_cut_to_the_limit_and_shows_it() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"


def test_one_line_is_printable_and_not_long() -> None:
    assert one_line("a\x1b[31m\nb\u202e") == "a?[31m?b?"
    assert one_line("b" * 80, 60) == "b" * 57 + "..."
    assert one_line("b" * 60, 60) == "b" * 60
    assert len(one_line("c" * 300)) == 200
