"""A plan as a file: JSON with a seal over everything in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.release.plan.plan import Hold, Part, Plan, Step
from seatrial.release.plan.state import Candidate, Checks, IndexSeen, Tally

FORM = 1


def seal(plan: Plan) -> str:
    """The hash over all that the plan was made from and all that it does: `sha256:<64 hex>`."""
    canonical = json.dumps(_value(plan), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def to_json(plan: Plan) -> str:
    """The plan as a file has it."""
    return json.dumps({"seal": seal(plan), **_value(plan)}, indent=2, ensure_ascii=False) + "\n"


def of_json(text: str | bytes, where: str) -> Plan:
    """The plan that a file has. Raises UsageError for what is none, was changed, or is of another form."""
    try:
        value = json.loads(text)
        stated, form = value["seal"], value["plan"]
        plan = _plan(value) if form == FORM else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UsageError(f"{where} is no plan; write one with `seatrial release --plan FILE`") from None
    if plan is None:
        raise UsageError(
            f"{where} was written by another version of Seatrial (form {form!s:.10}); make it anew"
        )
    if seal(plan) != stated:
        raise UsageError(
            f"{where} was changed after it was sealed; make it anew with `seatrial release --plan FILE`"
        )
    return plan


def _value(plan: Plan) -> dict[str, Any]:
    return {
        "plan": FORM,
        "commit": plan.commit,
        "committed": plan.committed,
        "shared": plan.shared,
        "force": plan.force,
        "index": {"sha256": plan.index.sha256, "versions": dict(plan.index.versions)},
        "published": plan.published,
        "parts": [_part_value(part) for part in plan.parts],
    }


def _part_value(part: Part) -> dict[str, Any]:
    return {
        **asdict(part.candidate),
        "intents": list(part.candidate.intents),
        "steps": [step.value for step in part.steps],
        "found": part.found,
        "hold": part.hold.value if part.hold else "",
        "reason": part.reason,
        "checks": asdict(part.checks) if part.checks else None,
    }


def _plan(value: Mapping[str, Any]) -> Plan:
    return Plan(
        commit=value["commit"],
        committed=value["committed"],
        shared=value["shared"],
        index=IndexSeen(value["index"]["sha256"], value["index"]["versions"]),
        parts=tuple(_part(one) for one in value["parts"]),
        published=value["published"],
        force=value["force"],
    )


def _part(value: Mapping[str, Any]) -> Part:
    own = {"steps", "found", "hold", "reason", "checks"}
    stated = {key: part for key, part in value.items() if key not in own}
    checks = value["checks"]
    return Part(
        candidate=Candidate(**{**stated, "intents": tuple(stated["intents"])}),
        steps=tuple(Step(word) for word in value["steps"]),
        found=value["found"],
        hold=Hold(value["hold"]) if value["hold"] else None,
        reason=value["reason"],
        checks=Checks(Tally(**checks["validate"]), Tally(**checks["lint"])) if checks else None,
    )
