"""The table of what holds in some versions of the framework only."""

import pytest

from seatrial.core.framework import PARTS, Framework, RulePart
from seatrial.validate.rules import BY_CODE


@pytest.mark.parametrize(
    ("release", "holds"), [((0, 9), False), ((1,), True), ((1, 9, 9), True), ((2, 0), False), ((), False)]
)
def test_a_part_holds_from_one_release_to_before_another(release, holds):
    assert RulePart("XYZ001", "part", "It holds.", since=(1,), until=(2,)).covers(release) is holds


def test_the_newest_framework_has_what_has_no_end():
    assert RulePart("XYZ001", "part", "It holds.", since=(9, 9)).covers(())


def test_the_locked_version_decides_and_else_the_lowest_allowed():
    assert Framework.of("0.30.1rc2", (0, 29)).release == (0, 30, 1)
    assert Framework.of("", (0, 29)).release == (0, 29)
    assert Framework.of("main", ()).release == ()


def test_the_span_is_said_in_words():
    assert RulePart("XYZ001", "p", "h", since=(0, 30, 1)).span == "since port-ocean 0.30.1"
    assert RulePart("XYZ001", "p", "h", until=(0, 30)).span == "in port-ocean before 0.30"
    assert RulePart("XYZ001", "p", "h", (0, 1), (0, 2)).span == "since port-ocean 0.1, before 0.2"


def test_each_part_has_a_name_of_its_own_and_an_existing_rule_or_the_preview():
    assert len({part.name for part in PARTS}) == len(PARTS)
    assert {part.code for part in PARTS} <= {*BY_CODE, "preview"}


def test_each_part_names_the_change_in_ocean_that_brought_it():
    assert [part.name for part in PARTS if not part.source.startswith("port-labs/ocean#")] == []
