"""Plans and receipts as JSON files. A plan is sealed by a hash over everything in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.release.plan.plan import Hold, Part, Plan, Step
from seatrial.release.plan.state import Candidate, Checks, IndexSeen, Tally

PLAN_FORM = 1
RECEIPT_FORM = 1


def seal(plan: Plan) -> str:
    """Return the hash over everything that the plan was made from and does: `sha256:<64 hex>`."""
    canonical = json.dumps(_plan_value(plan), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def plan_json(plan: Plan) -> str:
    """Return the text of a plan's file."""
    return json.dumps({"seal": seal(plan), **_plan_value(plan)}, indent=2, ensure_ascii=False) + "\n"


def plan_of_json(text: str | bytes, where: str) -> Plan:
    """Return the plan in a file's text.

    Raises UsageError for text that is not a plan, was changed after it was sealed, or is of another form.
    """
    try:
        value = json.loads(text)
        stated, form = value["seal"], value["plan"]
        plan = _plan(value) if form == PLAN_FORM else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UsageError(
            f"{where} is not a plan; write one with `seatrial release.plan --output FILE`"
        ) from None
    if plan is None:
        raise UsageError(
            f"{where} was written by another version of Seatrial (form {form!s:.10}); make it anew"
        )
    if seal(plan) != stated:
        raise UsageError(
            f"{where} was changed after it was sealed; make it anew with `seatrial release.plan --output FILE`"
        )
    return plan


def _plan_value(plan: Plan) -> dict[str, Any]:
    return {
        "plan": PLAN_FORM,
        "commit": plan.commit,
        "committed": plan.committed,
        "shared": plan.shared,
        "force": plan.force,
        **({"unpushed": plan.unpushed} if plan.unpushed else {}),
        **({"folded": {words: list(names) for words, names in plan.folded.items()}} if plan.folded else {}),
        "index": {"sha256": plan.index.sha256, "versions": dict(plan.index.versions)},
        "published": plan.published,
        "parts": [_part_value(part) for part in plan.parts],
    }


def _part_value(part: Part) -> dict[str, Any]:
    candidate = asdict(part.candidate)
    for name in ("on_hold", "folded"):
        if not candidate[name]:
            candidate.pop(name)
    return {
        **candidate,
        "intents": list(part.candidate.intents),
        "links": list(part.candidate.links),
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
        unpushed=value.get("unpushed", ""),
        folded=value.get("folded", {}),
    )


def _part(value: Mapping[str, Any]) -> Part:
    own = {"steps", "found", "hold", "reason", "checks"}
    stated = {key: part for key, part in value.items() if key not in own}
    checks = value["checks"]
    return Part(
        candidate=Candidate(
            **{**stated, "intents": tuple(stated["intents"]), "links": tuple(stated["links"])}
        ),
        steps=tuple(Step(word) for word in value["steps"]),
        found=value["found"],
        hold=Hold(value["hold"]) if value["hold"] else None,
        reason=value["reason"],
        checks=_checks(checks) if checks else None,
    )


def _checks(value: Mapping[str, Any]) -> Checks:
    return Checks(Tally(**value["validate"]), Tally(**value["lint"]) if value["lint"] else None)


@dataclass(frozen=True)
class Attached:
    """An attestation of an image: `sbom` or `provenance`, and the digest of its manifest."""

    kind: str
    media_type: str
    digest: str


@dataclass(frozen=True)
class Receipt:
    """The record of a published version: what was published, from what, under which plan.

    `digest` is that of the manifest behind the version's tag in the repository `image`; `plan` is the seal of
    the plan; `started` and `finished` of the build are ISO times in UTC; `spec` is the entry of the index,
    None for a version that has none.
    """

    plan: str
    integration: str
    path: str
    type: str
    version: str
    image: str
    digest: str
    size: int
    media_type: str
    commit: str
    tree: str
    builder: str
    started: str
    finished: str
    attached: tuple[Attached, ...] = ()
    spec: Mapping[str, Any] | None = None
    force: str = ""


@dataclass(frozen=True)
class Done:
    """A part whose content is published, and its receipt if it has one."""

    part: Part
    receipt: Receipt | None


def receipt_json(receipt: Receipt) -> str:
    """Return the text of a receipt's file."""
    value = _dashed(asdict(receipt))
    value["attached"] = [_dashed(one) for one in value["attached"]]
    return json.dumps({"receipt": RECEIPT_FORM, **value}, indent=2, ensure_ascii=False) + "\n"


def receipt_of_json(text: str | bytes, where: str) -> Receipt:
    """Return the receipt in a file's text. Raises UsageError for text that is not one, or is of a newer form."""
    try:
        value = json.loads(text)
        form = value.pop("receipt")
        if form == RECEIPT_FORM:
            attached = tuple(Attached(**_underscored(one)) for one in value.pop("attached", ()))
            return _with_texts(Receipt(**_underscored(value), attached=attached))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UsageError(
            f"{where} is not a receipt of a release; give those that `seatrial release.apply` left"
        ) from None
    raise UsageError(f"{where} was written by another version of Seatrial (form {form!s:.10}); upgrade")


def _with_texts(receipt: Receipt) -> Receipt:
    """Return the receipt. Raises TypeError where a value that must be text is something else."""
    texts = [value for name, value in vars(receipt).items() if name not in ("size", "attached", "spec")]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a value is not text")
    return receipt


def _dashed(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("_", "-"): part for key, part in value.items()}


def _underscored(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("-", "_"): part for key, part in value.items()}
