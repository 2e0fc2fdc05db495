"""`explain`, for the beginning of a code and for codes that there are not."""

from __future__ import annotations

import re

import pytest

from seatrial.core.errors import UsageError
from seatrial.tasks.develop import CHECKOUT
from seatrial.tasks.explain import explain
from seatrial.validate.rules import RULES


def test_an_example_has_twenty_lines_at_most_and_its_end_among_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    explain("LAY111")
    change = capsys.readouterr().out.partition("folder:\n")[2].partition("\n\nSeatrial says")[0].splitlines()
    assert len(change) == 20 and change[0] == "      Makefile" and change[-1].endswith("+\truff check .")
    assert any(" more lines ..." in line for line in change)


def test_the_page_of_all_rules_shortens_long_changes_as_well() -> None:
    page = (CHECKOUT / "docs/rules.md").read_text()
    changes = re.findall("^```diff\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert len(changes) > len(RULES)
    assert max(change.count("\n") for change in changes) == 20


@pytest.mark.parametrize("prefix", ["SPC", "spc1", "COD21"])
def test_the_beginning_of_codes_lists_the_rules_that_begin_so(
    prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    explain(prefix)
    codes = [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()]
    assert codes == sorted(rule.code for rule in RULES if rule.code.startswith(prefix.upper()))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SPC999", 'no rule is called "SPC999"; `seatrial explain SPC` lists those of its family'),
        ("SPX1", 'no rule is called "SPX1"; `seatrial rules` lists them'),
        ("unknown-valu", 'no rule is called "unknown-valu"; did you mean "unknown-value"?'),
    ],
)
def test_an_unknown_code_is_guessed_by_no_other_number(code: str, said: str) -> None:
    with pytest.raises(UsageError) as wrong:
        explain(code)
    assert str(wrong.value) == said
