"""The receipts of jobs put together: what is missing or contradicts itself fails, and hostile ones stay data."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, Unreadable, UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Fix, Severity
from seatrial.fleet.ci.collection import collect
from seatrial.fleet.ci.comment import IDLE, comment
from seatrial.fleet.ci.costs import costs_of, costs_of_json
from seatrial.fleet.ci.job_plan import JobPlan, plan_of_json
from seatrial.fleet.ci.matrix import Shard
from seatrial.fleet.ci.receipt import JobReceipt, JobVerdict, receipt_of_json, receipt_of_run
from seatrial.report import FORMATS, render
from seatrial.tasks import ci_jobs
from seatrial.tasks.cli import Ended
from support.verbs import call

COMMIT, OTHER = "a" * 40, "b" * 40
NAMES = {f"integrations/{name}": name for name in ("alpha", "beta", "gamma")}
SHARDS = (Shard(1, ("integrations/alpha", "integrations/beta"), 2.0), Shard(2, ("integrations/gamma",), 1.0))
PLAN = JobPlan("check", COMMIT, "", False, False, SHARDS, NAMES, dict.fromkeys(NAMES, 9))
FINDING = Finding(
    "SPC011",
    "a-name",
    Severity.ERROR,
    "alpha",
    "integrations/alpha/.port/spec.yaml",
    1,
    2,
    "a message",
    Fix("repair it"),
    "0" * 32,
)


def receipt(
    number: int, *findings: Finding, verdict: JobVerdict = JobVerdict.PASSED, **more: Any
) -> JobReceipt:
    """The receipt of a job of the plan."""
    paths = PLAN.shards[number - 1].paths
    made = JobReceipt(PLAN.id, COMMIT, number, dict.fromkeys(paths, verdict), findings, seconds=6)
    return replace(made, **more)


ALL = {"shard-1.json": receipt(1, FINDING), "shard-2.json": receipt(2)}


def test_all_receipts_make_one_outcome() -> None:
    found = collect(PLAN, ALL)
    assert (found.faults, found.is_known) == ((), True)
    assert found.outcome.names == ("alpha", "beta", "gamma")
    assert found.outcome.findings == (FINDING,)
    assert costs_of(found.receipts, PLAN.sizes) == dict(zip(NAMES, (3.0, 3.0, 6.0), strict=True))


def test_what_is_written_is_read_again() -> None:
    assert plan_of_json(PLAN.as_json().encode()) == PLAN
    for one in ALL.values():
        assert receipt_of_json(one.as_json().encode()) == one


@pytest.mark.parametrize("lost", list(ALL))
def test_a_lost_receipt_is_named_with_all_that_it_would_have_judged(lost: str) -> None:
    found = collect(PLAN, {name: one for name, one in ALL.items() if name != lost})
    number = ALL[lost].shard
    assert not found.is_known
    assert found.faults == tuple(
        f"{NAMES[path]} was not judged: the receipt of job {number} is missing" for path in ALL[lost].verdicts
    )
    assert set(found.outcome.unjudged) == {NAMES[path] for path in ALL[lost].verdicts}


@pytest.mark.parametrize(
    ("name", "bad", "fault"),
    [
        ("x", receipt(2, commit=OTHER), "x: gamma was judged at another commit: bbbbbbbbbbbb"),
        ("x", receipt(2, plan="0" * 64), "x: gamma was judged by another plan"),
        ("x", receipt(2, verdict=JobVerdict.FAILED), "gamma was judged twice: passed and failed"),
        ("x", receipt(2, shard=1), "x: gamma was judged by job 1, for which the plan does not have it"),
        ("x", receipt(2, FINDING), "x: it has findings in an integration that it does not judge"),
        ("x", "the receipt cannot be read: too large", "x: the receipt cannot be read: too large"),
        ("\x1b[2J\u202e", "no", "\\x1b[2J\\u202e: no"),
    ],
)
def test_a_receipt_that_does_not_belong_fails_the_whole(name: str, bad: JobReceipt | str, fault: str) -> None:
    found = collect(PLAN, {**ALL, name: bad})
    assert [one for one in found.faults if one.startswith(fault)] == list(found.faults)
    assert found.faults
    assert not found.is_known
    assert found.outcome.findings == (FINDING,)


def test_a_job_that_ran_twice_with_the_same_verdict_counts_once() -> None:
    found = collect(PLAN, {**ALL, "again": receipt(1, FINDING)})
    assert (found.is_known, found.outcome.findings) == (True, (FINDING,))


def report(*findings: Finding, checks: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(render("json", Outcome(findings, ("alpha", "beta"))))
    return told | {"checks": checks or []}


@pytest.mark.parametrize(
    ("told", "status", "strict", "verdicts"),
    [
        (report(), 0, False, ["passed", "passed"]),
        (report(FINDING), EXIT_FINDINGS, False, ["failed", "passed"]),
        (report(replace(FINDING, old=True)), 0, False, ["passed", "passed"]),
        (report(replace(FINDING, severity=Severity.WARNING)), EXIT_FINDINGS, True, ["failed", "passed"]),
        (report(FINDING), EXIT_SERVICE, False, ["failed", "unknown"]),
        (report(), EXIT_FINDINGS, False, ["failed", "failed"]),
        (
            report(
                checks=[
                    {"name": "mapping", "state": "failed", "integrations": ["beta"], "reasons": ["beta: no"]}
                ]
            ),
            EXIT_FINDINGS,
            False,
            ["passed", "failed"],
        ),
    ],
)
def test_the_verdict_on_each_is_that_of_the_run(
    told: dict[str, Any], status: int, strict: bool, verdicts: list[str]
) -> None:
    made = receipt_of_run(PLAN, SHARDS[0], COMMIT, told, status, 1.0, strict)
    assert [one.value for one in made.verdicts.values()] == verdicts
    assert list(made.reasons) == ["mapping: beta: no"] * len(told["checks"])


GOOD = json.loads(ALL["shard-1.json"].as_json())


def with_finding(**more: Any) -> dict[str, Any]:
    return GOOD | {"findings": [GOOD["findings"][0] | more]}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"[]",
        b"1" * 5_000,
        json.dumps(GOOD | {"version": 2}),
        json.dumps(GOOD | {"seconds": float("nan")}),
        json.dumps(GOOD | {"seconds": 1e300}),
        json.dumps(GOOD | {"seconds": True}),
        json.dumps(GOOD | {"shard": -1}),
        json.dumps(GOOD | {"commit": "$(touch owned)"}),
        json.dumps(GOOD | {"judged": {}}),
        json.dumps(GOOD | {"judged": GOOD["judged"] * 2}),
        json.dumps(GOOD | {"judged": [{"path": "../../etc", "verdict": "passed"}]}),
        json.dumps(GOOD | {"judged": [{"path": "/etc", "verdict": "passed"}]}),
        json.dumps(GOOD | {"judged": [{"path": "a\0b", "verdict": "passed"}]}),
        json.dumps(GOOD | {"judged": [{"path": "a", "verdict": ["passed"]}]}),
        json.dumps(GOOD | {"reasons": ["x"] * 10_000}),
        json.dumps(GOOD | {"reasons": [{}]}),
        json.dumps(with_finding(path="integrations/../../../etc/passwd")),
        json.dumps(with_finding(message="x" * 1_000_000)),
        json.dumps(with_finding(code="::error::")),
        json.dumps(with_finding(name="a\nb")),
        json.dumps(with_finding(severity={"a": 1})),
        json.dumps(with_finding(line="1")),
        json.dumps(with_finding(line=10**30)),
        json.dumps(with_finding(fix=[1])),
        json.dumps(with_finding(fingerprint="")),
        json.dumps(with_finding(old=0)),
        json.dumps({key: value for key, value in GOOD.items() if key != "plan"}),
    ],
)
def test_a_malformed_receipt_is_refused(text: bytes | str) -> None:
    with pytest.raises(Unreadable):
        receipt_of_json(text if isinstance(text, bytes) else text.encode())


PLANNED = json.loads(PLAN.as_json())


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        json.dumps(PLANNED | {"verb": "release"}),
        json.dumps(PLANNED | {"shards": PLANNED["shards"] * 2}),
        json.dumps(PLANNED | {"shards": [PLANNED["shards"][1], PLANNED["shards"][0] | {"shard": 2}]}),
        json.dumps(PLANNED | {"shards": [{}] * 1_000}),
        json.dumps(
            PLANNED | {"shards": [{"shard": 1, "cost": 1, "integrations": [{"path": "..", "name": "a"}]}]}
        ),
    ],
)
def test_a_malformed_plan_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        plan_of_json(text.encode())


@pytest.mark.parametrize("text", ["[1]", '{"version": 1, "costs": [{"path": "a", "seconds": -1}]}'])
def test_malformed_costs_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        costs_of_json(text.encode())


def test_no_text_of_a_receipt_acts_in_any_report_or_in_the_comment() -> None:
    evil = (
        "\x1b[2J\n::error::x\r\u202e##[command] <!-- seatrial --> @everyone [a](https://b) </code><img src=x>"
    )
    hostile = replace(
        FINDING, path=f"integrations/alpha/{evil.replace('/', '')}", message=evil, fix=Fix(evil)
    )
    told = receipt_of_json(receipt(1, hostile, reasons=(evil,)).as_json().encode())
    found = collect(PLAN, {"shard-1.json": told})
    text = comment(found)
    for name in FORMATS:
        lines = render(name, found.outcome).splitlines()
        assert not [
            line for line in lines if "\x1b" in line or line.startswith("::error::") or "\u202e" in line
        ]
    assert text.count("<!--") == 1
    assert not any(mark in text for mark in ("\x1b", "@everyone", "](", "<img"))


def test_where_nothing_was_to_be_checked_the_comment_is_posted_in_place_of_another_only() -> None:
    assert IDLE in comment(collect(replace(PLAN, shards=(), names={}, sizes={}), {}))
    assert IDLE not in comment(collect(PLAN, ALL)) + comment(collect(PLAN, {}))


def test_the_comment_fits_into_a_comment() -> None:
    many = [
        replace(FINDING, line=line, fingerprint=f"{line:032x}", message="<" * 900) for line in range(1, 300)
    ]
    found = collect(PLAN, {"shard-1.json": receipt(1, *many, reasons=("<" * 5_000,) * 3)})
    assert len(comment(found)) < 65_536


@pytest.fixture
def handed(tmp_path: Path) -> Path:
    """A folder as the artifacts of all jobs make it."""
    (tmp_path / "receipts/seatrial-shard-2").mkdir(parents=True)
    (tmp_path / "plan.json").write_text(PLAN.as_json())
    (tmp_path / "receipts/shard-1.json").write_text(ALL["shard-1.json"].as_json())
    (tmp_path / "receipts/seatrial-shard-2/shard-2.json").write_text(ALL["shard-2.json"].as_json())
    return tmp_path


def gather(handed: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """What ci.collect ends with and writes."""
    status = 0
    try:
        call(
            "ci.collect",
            root=str(handed),
            receipts=str(handed / "receipts"),
            plan=str(handed / "plan.json"),
            format="text",
        )
    except Ended as end:
        status = end.code
    return status, *capsys.readouterr()


def test_receipts_are_found_in_folders_of_artifacts_and_every_format_is_written(
    handed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = gather(handed, capsys)
    assert (status, out) == (
        0,
        "integrations/alpha/.port/spec.yaml:1:2: error SPC011 a-name: a message; repair it\n",
    )
    written = {path.name for path in (handed / "dist/ci/reports").iterdir()}
    assert written == {"report.json", "report.sarif", "report.xml", "gitlab.json", "comment.md"}
    kept = costs_of_json((handed / "dist/ci/costs.json").read_bytes())
    assert kept["integrations/gamma"] == 6.0


def test_links_pipes_and_what_is_too_large_are_named_and_not_read(
    handed: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret"
    secret.write_text("a secret")
    receipts = handed / "receipts"
    (receipts / "shard-3.json").symlink_to(secret)
    (receipts / "linked").symlink_to(secret.parent)
    os.mkfifo(receipts / "shard-4.json")
    with open(receipts / "shard-5.json", "wb") as large:
        large.truncate(10**9)
    (receipts / "shard-6.txt").write_text("is nobody's business")
    status, _, said = gather(handed, capsys)
    assert status == EXIT_SERVICE
    assert "shard-3.json: the receipt cannot be read: a link, or no file; receipts are files" in said
    assert "shard-4.json: the receipt cannot be read: a link, or no file; receipts are files" in said
    assert "shard-5.json: the receipt cannot be read: 1,000,000,000 bytes" in said
    assert "secret" not in said


def test_a_link_in_place_of_the_folder_and_too_many_receipts_are_refused(
    handed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ci_jobs, "MOST_FILES", 3)
    for number in range(4):
        (handed / f"receipts/shard-{number}.json").touch()
    assert gather(handed, capsys)[0] == UsageError.exit_code
    (handed / "receipts").rename(handed / "elsewhere")
    (handed / "receipts").symlink_to("/")
    status, _, _ = gather(handed, capsys)
    assert status == UsageError.exit_code
