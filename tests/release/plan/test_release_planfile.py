"""Plans, receipts and matrices as files: what is written is read back, and nothing else is taken for it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from seatrial.core.errors import UsageError
from seatrial.release.plan import plan_files
from seatrial.release.plan.plan import Plan, matrix, plan
from seatrial.release.plan.plan_files import Attached, Receipt
from seatrial.release.plan.ports import Absent, Present, Unknown
from seatrial.release.plan.state import Candidate, Checks, IndexSeen, State, Tally, VersionStatus

DIGEST = "sha256:" + "1" * 64


def candidate(name: str, **more: str) -> Candidate:
    return Candidate(name, f"integrations/{name}", name, "1.0.0", f"r/{name}", "t", "Dockerfile", **more)


def a_plan(count: int = 3) -> Plan:
    """Of one that is held by a service, one that is published, and the others to be built."""
    found = tuple(candidate(f"service-{number}") for number in range(count))
    statuses = {one.path: VersionStatus(Absent(), Absent()) for one in found}
    statuses[found[0].path] = VersionStatus(Unknown("registry: 500"), Absent())
    statuses[found[1].path] = VersionStatus(Present(DIGEST), Absent(), spec=True)
    checks = {one.path: Checks(Tally(warnings=1), Tally()) for one in found}
    seen = State("c" * 40, 1700000000, "s", IndexSeen("i", {"service-1": "0.9.0"}), found, statuses)
    return plan(seen, checks, "a reason\nin two lines")


def test_a_plan_is_read_back_as_it_was_written() -> None:
    made = a_plan()
    assert plan_files.plan_of_json(plan_files.plan_json(made), "plan.json") == made


def test_the_seal_covers_every_value() -> None:
    sealed = json.loads(plan_files.plan_json(a_plan()))
    for change in (
        {"force": ""},
        {"commit": "d" * 40},
        {"index": {"sha256": "j", "versions": {}}},
        {"parts": []},
    ):
        with pytest.raises(UsageError, match="changed after it was sealed"):
            plan_files.plan_of_json(json.dumps(sealed | change), "plan.json")


def test_the_seal_covers_each_step() -> None:
    text = plan_files.plan_json(a_plan())
    assert '"build",' in text
    with pytest.raises(UsageError, match="changed after it was sealed"):
        plan_files.plan_of_json(text.replace('"build",', "", 1), "plan.json")


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"seal": 1}', '{"seal": "x", "plan": 1}', "[" * 100_000]
)
def test_other_text_than_a_plan_is_refused_in_a_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"^plan\.json is not a plan; write one with"):
        plan_files.plan_of_json(text, "plan.json")


def test_a_plan_of_another_form_is_refused() -> None:
    value = json.loads(plan_files.plan_json(a_plan())) | {"plan": 2}
    with pytest.raises(UsageError, match="another version of Seatrial"):
        plan_files.plan_of_json(json.dumps(value), "plan.json")


def test_a_matrix_has_a_job_for_each_image_that_is_built() -> None:
    assert matrix(a_plan(4)) == {
        "include": [
            {"name": "service-2 1.0.0", "only": "service-2"},
            {"name": "service-3 1.0.0", "only": "service-3"},
        ]
    }


def test_a_matrix_of_nothing_is_empty() -> None:
    assert matrix(a_plan(2)) == {"include": []}


def test_a_matrix_never_has_more_jobs_than_the_engine_starts() -> None:
    jobs = matrix(a_plan(1002))["include"]
    assert len(jobs) == 250
    assert [name for job in jobs for name in job["only"].split(",")] == [
        f"service-{n}" for n in range(2, 1002)
    ]


RECEIPT = Receipt(
    "sha256:p", "jira", "integrations/jira", "jira", "1.0.0", "r/jira", DIGEST, 9, "m", "c", "t", "buildah 1",
    "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z", (Attached("sbom", "application/x", DIGEST),), {"type": "jira"}, "é",
)  # fmt: skip


def test_a_receipt_is_read_back_as_it_was_written() -> None:
    assert plan_files.receipt_of_json(plan_files.receipt_json(RECEIPT), "r.json") == RECEIPT
    assert (
        plan_files.receipt_of_json(plan_files.receipt_json(replace(RECEIPT, spec=None)), "r.json").spec
        is None
    )


@pytest.mark.parametrize("text", ["", "[]", "1", "{}", '{"receipt": 1}', '{"receipt": 1, "attached": [3]}'])
def test_other_text_than_a_receipt_is_refused_in_a_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"^r\.json is not a receipt"):
        plan_files.receipt_of_json(text, "r.json")


def test_a_receipt_whose_type_is_not_text_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a receipt"):
        plan_files.receipt_of_json(
            plan_files.receipt_json(RECEIPT).replace(
                '"type": "jira",\n  "version"', '"type": [],\n  "version"'
            ),
            "r",
        )


def test_a_receipt_of_another_form_is_refused() -> None:
    with pytest.raises(UsageError, match="another version of Seatrial"):
        plan_files.receipt_of_json('{"receipt": 7}', "r.json")
