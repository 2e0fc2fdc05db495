from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version as Reference

from seatrial.core.version import Version

NUMBERS = st.integers(0, 12)
SUFFIXES = [
    "",
    "-dev",
    "-beta",
    "-post1",
    ".dev2",
    ".a1",
    ".alpha3",
    ".b4",
    ".rc1",
    ".rc10",
    ".post2",
    "dev2",
]
SPELLINGS = st.builds(
    lambda x, y, z, end: f"{x}.{y}.{z}{end}", NUMBERS, NUMBERS, NUMBERS, st.sampled_from(SUFFIXES)
)


@given(SPELLINGS, SPELLINGS)
def test_versions_are_ordered_as_packaging_orders_them(one, other):
    ours, theirs = (Version.parse(one), Version.parse(other)), (Reference(one), Reference(other))
    if theirs[0] != theirs[1]:
        assert (ours[0] < ours[1]) == (theirs[0] < theirs[1])


def test_the_order_is_dev_then_beta_then_final_then_post():
    ordered = [
        "1.2.3-dev",
        "1.2.3-beta",
        "1.2.3.odd1",
        "1.2.3",
        "1.2.3-post1",
        "1.2.4-dev",
        "1.10.0",
        "2.0.0",
    ]
    assert all(one < other for one, other in pairwise(map(Version.parse, ordered)))


@given(SPELLINGS)
def test_a_version_keeps_its_spelling(text):
    assert str(Version.parse(text)) == text


@given(SPELLINGS)
def test_a_patch_is_always_higher(text):
    assert Version.parse(text).bumped("patch") > Version.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "v1.2.3",
        "01.2.3",
        "1.2.03",
        "1.2.3\n",
        " 1.2.3",
        "1.2.3-rc1",
        "1.2.3-post",
        "1.2.3-post2",
        "1.2.3-Beta",
        "1!1.2.3",
        "1.2.3+local",
        "1.2.-3",
        "1.2.3.beta",
        "१.२.३",
        "1.2." + "9" * 5000,
        "1.2.3.b" + "9" * 5000,
    ],
)
def test_what_is_no_version_is_refused_in_plain_words(text):
    with pytest.raises(ValueError, match="is no version; write"):
        Version.parse(text)


def test_a_leading_v_is_understood_only_where_asked_for():
    assert Version.parse_leading_v("v0.1.4") == Version.parse("0.1.4")
    assert Version.parse_leading_v("0.1.4-beta").text == "0.1.4-beta"
    with pytest.raises(ValueError, match="is no version"):
        Version.parse_leading_v("vv0.1.4")


@pytest.mark.parametrize(
    ("before", "part", "after"),
    [
        ("1.2.3", "patch", "1.2.4"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3-beta", "patch", "1.2.4-beta"),
        ("1.2.3-dev", "minor", "1.3.0-dev"),
        ("1.2.3-post1", "major", "2.0.0-post1"),
        ("0.9.99", "patch", "0.9.100"),
        ("1.2.3.rc9", "patch", "1.2.3.rc10"),
        ("1.2.3dev2", "patch", "1.2.3dev3"),
    ],
)
def test_a_bump_raises_one_part_and_keeps_the_suffix(before, part, after):
    assert Version.parse(before).bumped(part) == Version.parse(after)


@pytest.mark.parametrize("part", ["minor", "major"])
def test_a_dotted_version_is_bumped_by_patch_only(part):
    with pytest.raises(ValueError, match=r"1\.2\.3\.rc1 can only be bumped by patch"):
        Version.parse("1.2.3.rc1").bumped(part)


def test_an_unknown_bump_is_refused():
    with pytest.raises(ValueError, match='a bump is patch, minor or major, not "micro"'):
        Version.parse("1.2.3").bumped("micro")


@pytest.mark.parametrize(
    ("text", "dotted"), [("1.2.3.rc4", True), ("1.2.3dev2", True), ("1.2.3-beta", False), ("1.2.3", False)]
)
def test_only_the_older_form_is_dotted(text, dotted):
    assert Version.parse(text).is_dotted is dotted
