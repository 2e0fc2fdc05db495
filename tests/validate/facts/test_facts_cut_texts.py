"""Unquoted YAML texts that a `#` cuts, and comments that somebody meant."""

from __future__ import annotations

import pytest

from seatrial.core.model import Integration, MemoryFolder
from seatrial.documents.integration import read_document
from seatrial.documents.yaml import load
from seatrial.validate.facts.cut_texts import cut_texts


def found(text: str, path: str = "a.yaml") -> list[tuple[str, str, int, int]]:
    integration = Integration("x", "x", MemoryFolder.of({path: text}))
    document = read_document(integration, path, load)
    assert document is not None
    return [
        (one.text, one.lost, one.where.line, one.where.column) for one in cut_texts(integration, document)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title: My #1\n", ("My", "#1", 1, 11)),
        ("a:\n  - x: see issue #42 for more\n", ("see issue", "#42 for more", 2, 18)),
        ("a:\n  - one #1\n", ("one", "#1", 2, 9)),
        ("title: Ünï  #1\r\n", ("Ünï", "#1", 1, 13)),
        ("\ufefftitle: My #1\n", ("My", "#1", 1, 11)),
    ],
)
def test_a_text_that_ends_before_a_number_sign_is_found(text, expected) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "title: My # a comment\n",
        "title: My #what people read\n",
        "title: My # 1 of 2\n",
        "title: 'My #1'\n",
        'title: "My #1"\n',
        "title: My#1\n",
        "title: C#\n",
        "text: |\n  see #1\n",
        "text: >-\n  see #1\n",
        "a: 5 #1\n",
        "a: true #1\n",
        "#1 is first\na: b\n",
        "a: b\n  #2 is second\n",
        'a: "x"  #1\n',
    ],
)
def test_other_texts_and_comments_are_right(text: str) -> None:
    assert found(text) == []


def test_json_has_no_comments() -> None:
    assert found('{"a": "x #1"}', "a.json") == []
