"""Programs that nobody trusts: each ends within its limits, the others are run, and nothing is read or written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.preview import evaluator as evaluator_module
from seatrial.preview.evaluator import Evaluator, Limits, _answers, _why
from seatrial.preview.jq_answers import JqAnswer, JqOutcome, plain_answers
from seatrial.system.sandbox import Kernel, Sandbox

WITHOUT = Sandbox(look=lambda: Kernel(lacking="this test does without"))
ENDED = {JqOutcome.SLOW, JqOutcome.MEMORY, JqOutcome.CRASHED}


def run(evaluator: Evaluator, *programs: str, on: object = None) -> list[JqAnswer]:
    return evaluator.run(programs, [{"a": 1} if on is None else on])[0]


def outcome(evaluator: Evaluator, program: str) -> JqOutcome:
    return run(evaluator, program)[0].outcome


def test_the_first_output_counts(evaluator: Evaluator) -> None:
    first, none, wrong, broken = run(evaluator, "1, error(2)", "empty", 'error("no")', ".a.")
    assert (first.value, none.outcome, wrong.message) == (1, JqOutcome.NONE, "no")
    assert broken.outcome is JqOutcome.BROKEN


def test_each_program_is_run_on_each_input(evaluator: Evaluator) -> None:
    found = evaluator.run([".a + 0", ".b // 7", ".a + 0"], [{"a": 1}, {"a": 2, "b": 3}])
    assert [[one.value for one in row] for row in found] == [[1, 7, 1], [2, 3, 2]]


def test_values_arrive_as_they_are(evaluator: Evaluator) -> None:
    values = {
        "big": 9007199254740991,
        "small": 1e-7,
        "text": 'ü"\u2028\n',
        "none": None,
        "list": [1.5, True],
    }
    assert run(evaluator, ".", ".text", on=values) == [
        JqAnswer(JqOutcome.VALUE, values),
        JqAnswer(JqOutcome.VALUE, values["text"]),
    ]


@pytest.mark.parametrize(
    "program", ["def f: f; f", "def f: [f]; f", '"x" * 200000000', "[limit(1e9; repeat(1))]"]
)
def test_a_program_that_does_not_end_is_ended_and_the_others_are_run(
    evaluator: Evaluator, program: str
) -> None:
    before, endless, after = run(evaluator, ".a", program, ".a + 1")
    assert (before.value, after.value) == (1, 2)
    assert endless.outcome in ENDED
    assert not endless.finished


def test_values_that_are_nested_too_deep_are_no_values(evaluator: Evaluator) -> None:
    deep, crash, good = run(
        evaluator, "reduce range(500) as $i (0; [.])", "reduce range(100000) as $i (0; [.])", ".a"
    )
    assert deep.outcome is JqOutcome.LARGE
    assert crash.outcome in ENDED
    assert good.value == 1


def test_a_value_that_is_too_large_is_left_out(evaluator: Evaluator) -> None:
    large, good = run(evaluator, '"x" * 100001', ".a")
    assert (large.outcome, good.value) == (JqOutcome.LARGE, 1)


def test_a_program_that_was_ended_is_not_run_again() -> None:
    with Evaluator(Limits(seconds=0.2, all_seconds=5)) as one:
        found = one.run(["def f: f; f", ".a + 0"], [{"a": number} for number in range(50)])
    assert [row[1].value for row in found] == list(range(50))
    assert {row[0].outcome for row in found} == {JqOutcome.SLOW}


def test_after_many_programs_that_had_to_be_ended_none_is_run() -> None:
    endless = [f"def f{number}: f{number}; f{number}" for number in range(4)]
    with Evaluator(Limits(seconds=0.1, stops=2)) as one:
        found = one.run([*endless, "[.a]"], [{"a": 1}])[0]
        assert [answer.outcome for answer in found] == [
            JqOutcome.SLOW,
            JqOutcome.SLOW,
            *[JqOutcome.NOT_RUN] * 3,
        ]
        one.begin()
        assert one.run([".a + 0"], [{"a": 1}])[0][0].value == 1


def test_all_answers_together_have_a_limit() -> None:
    with Evaluator(Limits(all_bytes=10_000)) as one:
        found = one.run(['"x" * 1000'], [{}] * 30)
    assert [row[0].outcome for row in found].count(JqOutcome.VALUE) < 30
    assert found[-1][0].outcome is JqOutcome.NOT_RUN


@pytest.mark.parametrize("place", [None, WITHOUT], ids=["namespaces", "limits"])
def test_nothing_of_the_user_is_visible(
    place: Sandbox | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.json").write_text('["read"]')
    (tmp_path / ".jq").write_text('def leaked: "read";')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TOKEN_OF_A_PERSON", "read")
    importing = f'import "secret" as $s {{search: "{tmp_path}"}}; $s'
    hidden = f"# \\\n{importing}"
    with Evaluator(place=place) as one:
        found = run(
            one,
            "env",
            "$ENV",
            "leaked",
            importing,
            hidden,
            '"secret" | modulemeta',
            "input",
            "input_filename",
        )
    assert [answer.value for answer in found] == [{}, {}, *[None] * 6]
    assert "read" not in str(found)


@pytest.mark.parametrize(("program", "value"), [("debug", {"a": 1}), ("stderr", {"a": 1}), ("halt", None)])
def test_a_program_that_prints_or_halts_harms_nothing(
    evaluator: Evaluator, program: str, value: object
) -> None:
    printed, halted, good = run(evaluator, program, '"x" | halt_error', ".a")
    assert (printed.value, halted.outcome, good.value) == (value, JqOutcome.NONE, 1)


def test_a_program_that_must_not_reach_the_library_is_not_run(evaluator: Evaluator) -> None:
    assert outcome(evaluator, "." + " " * 9_000) is JqOutcome.NOT_RUN
    assert outcome(evaluator, '"\0"') is JqOutcome.NOT_RUN
    assert outcome(evaluator, "\ud800") is JqOutcome.NOT_RUN


@pytest.mark.parametrize(
    "line",
    [b"", b"[]", b"[]\n", b"[[]]\n", b'[["value"]]\n', b'[["none", 1]]\n', b'[["value", NaN]]\n', b'[["else", 1]]\n',
     b'{"a": 1}\n', b'[["value", 1], ["value", 2]]\n', b"[" * 100_000 + b"\n", b'[["value", 1'],
)  # fmt: skip
def test_an_answer_of_another_form_is_not_believed(line: bytes) -> None:
    assert _answers(line, 1) is None


def test_the_exit_status_tells_why_the_process_ended() -> None:
    assert {_why(-27).outcome, _why(155).outcome} == {JqOutcome.SLOW}
    assert {_why(-6).outcome, _why(134).outcome, _why(77).outcome} == {JqOutcome.MEMORY}
    assert _why(139).outcome is JqOutcome.CRASHED


def test_a_machine_on_which_jq_does_not_run_is_no_fault_of_a_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "worker.py").write_text("raise SystemExit(5)")
    monkeypatch.setattr(evaluator_module, "WORKER", tmp_path / "worker.py")
    with Evaluator() as one, pytest.raises(ServiceError, match=r"does not start \(status 5\)"):
        run(one, "[.a]")


def test_no_process_is_left(evaluator: Evaluator) -> None:
    with Evaluator() as one:
        run(one, "[.a]")
        pid = one._process._process.pid  # type: ignore[union-attr]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


SIMPLE = {"list": [1, {"x": [None, "é"]}], "a": {"b": "x", "none": None, "yes": True}, "n": 7, "text": "y"}


@pytest.mark.parametrize(
    "program",
    ["true", "false", "null", '"text"', " .n ", ".a.b", ".a.none", ".a.none.more", ".gone.more", ".list"],
)
def test_simple_programs_mean_without_jq_what_they_mean_with_it(evaluator: Evaluator, program: str) -> None:
    found = plain_answers(program, [SIMPLE])
    assert found == run(evaluator, f"({program})", on=SIMPLE)


@pytest.mark.parametrize(
    ("program", "data"),
    [
        (".a", {"a": 2**53}), (".a", {"a": 1.0}), (".a", {"a": [{"b": 1.5}]}), (".a", {"a": "\0"}),
        (".a.b", {"a": "x"}), (".a", {"a": "x" * 10_001}), (".a", []), (r'"\(.a)"', {}), (".a?", {}),
        (".a.[0]", {}), ("'x'", {}),
    ],
)  # fmt: skip
def test_what_is_not_simple_is_left_to_jq(program: str, data: object) -> None:
    assert plain_answers(program, [data]) is None
