"""Release intents are read line by line, as Ocean's release reads them, and written so that they read back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.documents import yaml
from seatrial.documents.changelog import MARKER
from seatrial.documents.document import MAX_REPEATED
from seatrial.documents.intents import KEYS, MAX_INTENT_BYTES, MAX_TEXT, load, written

INTENT = "bump: patch\nchangelog-type: bugfix\nchangelog: Fixed a page\n"
VALUE = {"bump": "patch", "changelog-type": "bugfix", "changelog": "Fixed a page"}


def said(text: str | bytes) -> object:
    document = load("x.yaml", text.encode() if isinstance(text, str) else text)
    return document.value


def faults(text: str | bytes) -> list[str]:
    document = load("x.yaml", text.encode() if isinstance(text, str) else text)
    return [f"{fault.line}:{fault.column} {fault.kind.value}: {fault.message}" for fault in document.faults]


def test_three_lines_are_three_values() -> None:
    assert said(INTENT) == VALUE
    assert faults(INTENT) == []


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("changelog: a: b, c: d", "a: b, c: d"),
        ("changelog:no blank", "no blank"),
        ("   changelog   :   blanks   ", "blanks"),
        ('changelog: "double"', "double"),
        ("changelog: 'single'", "single"),
        ("changelog: \"'both'\"", "both"),
        ("changelog: '\"inner stays\"'", '"inner stays"'),
        ('changelog: ""', ""),
        ("changelog: ends in \"'", 'ends in "'),
        ("changelog: it's #1 # no comment", "it's #1 # no comment"),
        ("changelog: # no comment either", "# no comment either"),
        ("changelog: >-", ">-"),
        ("changelog: [a, b]", "[a, b]"),
        ("changelog: yes", "yes"),
        ("changelog: é 😀", "é 😀"),
        ("changelog:", ""),
    ],
)
def test_a_value_is_what_stands_behind_the_first_colon_less_quotes(line: str, value: str) -> None:
    assert said(line) == {"changelog": value}


def test_comments_are_whole_lines_and_other_keys_are_kept() -> None:
    assert said("# bump: major\n\n  # x\nbump: patch\nissue: 1\n") == {"bump": "patch", "issue": "1"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x0c"])
def test_lines_end_wherever_python_ends_them(end: str) -> None:
    assert said(INTENT.replace("\n", end)) == VALUE


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_keys_and_values_have_places(end: str) -> None:
    document = load("x.yaml", f"# é😀{end}{end}  bump :  'patch'{end}changelog:{end}".encode())
    assert (document.key("bump").line, document.key("bump").column) == (3, 3)
    assert (document.at("bump").line, document.at("bump").column) == (3, 11)
    assert document.at("changelog") == document.key("changelog")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bump: patch\n  more text\n", '2:3 syntax: "more text" has no key; each line is read by itself'),
        ("---\nbump: patch\n", '1:1 syntax: "---" has no key'),
        ("bump: patch\nbump: major\n", '2:1 duplicate key: the key "bump" is given twice'),
        ("\ufeffbump: patch\n", "1:1 encoding: a byte order mark stands before the first key; remove it"),
        (b"bump: \xff\n", "1:7 encoding: byte 0xff is not UTF-8"),
        (b"a: b\n" * MAX_INTENT_BYTES, "1:1 limit: the file has 327,680 bytes; at most 65,536 are read"),
    ],
)
def test_a_fault_has_its_place(text: str | bytes, message: str) -> None:
    assert [one[: len(message)] for one in faults(text)] == [message]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("changelog: One\n  two\n\n  three\n", "One\n  two\n  three"),
        ("changelog: One\n  - two\n- three\n", "One\n- two\n- three"),
        ("changelog:\n  - One\n", "\n- One"),
        ("changelog: One\n# no text\n  two\nbump: patch\n", "One\n  two"),
        ('changelog: "One"\n  "two"\n', 'One\n  "two"'),
    ],
)
def test_the_text_of_the_changelog_goes_on_in_lines_without_a_colon(text: str, value: str) -> None:
    assert faults(text) == []
    assert said(text) == {"changelog": value} | ({"bump": "patch"} if "bump" in text else {})


def test_no_other_text_goes_on_and_of_several_lines_the_first_is_a_fault() -> None:
    text = "One\ntwo\nbump: patch\n  three\n\n  four\nchangelog: x\n"
    assert [one.split()[0] for one in faults(text)] == ["1:1", "4:3"]
    assert said(text) is None


@pytest.mark.parametrize("line", ["- Fixed: pages", "  see https://a.b/c", "Note that this: x"])
def test_a_line_of_the_text_with_a_colon_is_lost_and_one_fault(line: str) -> None:
    text = f"changelog: One\n{line}\n  more\n- and: more\n"
    [fault] = faults(text)
    assert fault.endswith(f'"{line.strip()}" is taken for a key and is lost, because a ":" is in it')
    assert said(text) is None


def test_of_a_key_given_twice_the_last_one_counts() -> None:
    document = load("x.yaml", b"bump: patch\nbump: major\n")
    assert document.readable
    assert document.value == {"bump": "major"}
    assert document.at("bump").line == 2


def test_no_more_faults_than_anybody_reads() -> None:
    assert len(faults("a: b\nc\n" * 1000)) == 2 * MAX_REPEATED


def taken(text: str) -> dict[str, str]:
    """The values that a job takes which goes through the lines once, with the key above each at hand."""
    found: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        if ":" in word:
            key, _, value = (part.strip() for part in word.partition(":"))
            found[key] = value.strip('"').strip("'")
        else:
            assert key == "changelog"
            found[key] += "\n" + (word if word.startswith("-") else line.rstrip())
    return found


@given(
    st.text(alphabet=st.characters(codec="utf-8"))
    | st.text(alphabet=":\"'# \n\r-abump\u2028")
    | st.lists(st.sampled_from(["changelog: a", "bump: b", " c", "- d", "- e: f", "", "# g", "h: i"])).map(
        "\n".join
    )
)
def test_every_text_is_read_as_python_would(text: str) -> None:
    document = load("x.yaml", text.encode())
    if document.value is not None:
        assert document.value == taken(text)
    for key in document.value or {}:
        assert document.at(key) >= document.key(key)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("Fixed a page", "changelog: Fixed a page"),
        ("  Fixed a page\n", "changelog: Fixed a page"),
        ("Fixed: a page", 'changelog: "Fixed: a page"'),
        ("#12 fixed", 'changelog: "#12 fixed"'),
        ("Fixed a page # twice", 'changelog: "Fixed a page # twice"'),
        ('"Big" pages', "changelog: '\"Big\" pages'"),
        ('Renamed to "big"', "changelog: 'Renamed to \"big\"'"),
        ("true", 'changelog: "true"'),
        ("`page` is read", 'changelog: "`page` is read"'),
        ("Don't: stop", 'changelog: "Don\'t: stop"'),
        ("A \\d pattern: kept", "changelog: 'A \\d pattern: kept'"),
        ('Say "don\'t: stop" once', 'changelog: Say "don\'t: stop" once'),
    ],
)
def test_a_message_is_written_as_plainly_as_reads_back_the_same(message: str, line: str) -> None:
    text = written("patch", "bugfix", message)
    assert text == f"bump: patch\nchangelog-type: bugfix\n{line}\n"
    assert said(text) == VALUE | {"changelog": message.strip()}


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("", "the text is empty"),
        (" \n ", "the text is empty"),
        ("one\ntwo", "the text has more than one line"),
        ("one\u2028two", "the text has more than one line"),
        ("one\x0ctwo", "the text has more than one line"),
        ("a\x1b[31m", "the text holds a control character"),
        ("a\0b", "the text holds a control character"),
        ("a\udcffb", "the text holds a control character"),
        ("'quoted'", "quotes at the ends of the text would be lost"),
        ("the words 'a b'", "quotes at the ends of the text would be lost"),
        (f"see {MARKER}", "which belongs to the changelog alone"),
        ("x" * (MAX_TEXT + 1), "the text has 2,001 letters; at most 2,000 are taken"),
    ],
)
def test_a_message_that_no_line_can_hold_is_refused(message: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        written("patch", "bugfix", message)


@given(st.text() | st.text(alphabet="\"'#: \\-a`>"))
def test_what_is_written_reads_back_the_same_or_is_refused(message: str) -> None:
    try:
        text = written("minor", "doc", message)
    except ValueError:
        return
    values = dict(zip(KEYS, ("minor", "doc", message.strip()), strict=True))
    assert said(text) == values
    assert text.count("\n") == 3
    assert yaml.load("x.yaml", text.encode()).value in (values, None) or "'" in message or '"' in message
