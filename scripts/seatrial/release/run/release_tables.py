"""A plan, and what is published of a fleet, as tables for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seatrial.core.printable import plain
from seatrial.release.plan.plan import Part, Plan, foreign, steps_of
from seatrial.release.plan.ports import Answer, Present, Unknown
from seatrial.release.plan.state import Candidate, State, VersionStatus
from seatrial.release.run.bumps import fold_line
from seatrial.report.json import dumps

SHOWN = 19
"""Characters of a digest that are shown: `sha256:` and twelve digits."""


def plan_table(plan: Plan) -> str:
    """Return what a plan does or why it is held back, one line per integration, and the number already published."""
    rows = [("integration", "version", "does")] if plan.parts else []
    rows += [(part.candidate.name, part.candidate.version or "-", _does(part)) for part in plan.parts]
    lines = [*columns(rows), f"{plan.published} published already"]
    lines += [plain(fold_line(words, names)) for words, names in plan.folded.items()]
    if plan.force:
        lines.append(f"forced: {plain(plan.force)}")
    if plan.unpushed:
        lines.append(f"not pushed: {plain(plan.unpushed)}")
    return "".join(f"{line}\n" for line in lines)


def _does(part: Part) -> str:
    if part.hold:
        return f"held: {part.reason}"
    checked = f"  ({part.checks})" if part.checks else ""
    adopted = f"  (adopts {part.found[:SHOWN]})" if part.adopts else ""
    return " ".join(step.value for step in part.steps) + adopted + checked


def status_table(state: State, forecast: Plan) -> str:
    """Return what is published of each integration, and what a release would do for the others."""
    head = ("integration", "version", "git tag", "image", "spec", "index", "latest", "a release would")
    would = _by_path(forecast)
    rows = [head, *(_status_row(one, state, would.get(one.path)) for one in state.candidates)]
    return "".join(f"{line}\n" for line in columns(rows))


def _by_path(forecast: Plan) -> Mapping[str, Part]:
    return {part.candidate.path: part for part in forecast.parts}


def _status_row(candidate: Candidate, state: State, part: Part | None) -> tuple[str, ...]:
    status = state.statuses.get(candidate.path)
    if status is None:
        return (candidate.name, candidate.version or "-", *"-----", _would(candidate, part))
    return (
        candidate.name,
        candidate.version,
        status.git_tag[:12] or "-",
        _answer(status.image),
        "yanked" if status.yanked else "yes" if status.spec else "-",
        state.index.versions.get(candidate.type, "-"),
        _latest(status),
        _would(candidate, part),
    )


def _answer(answer: Answer) -> str:
    if isinstance(answer, Present):
        return answer.digest[:SHOWN]
    return "unknown" if isinstance(answer, Unknown) else "-"


def _latest(status: VersionStatus) -> str:
    same = isinstance(status.latest, Present) and status.latest == status.image
    return "this" if same else _answer(status.latest)


def _would(candidate: Candidate, part: Part | None) -> str:
    """Return the steps for an integration in the plan of a release for which lint was not run."""
    if part is None:
        return "; ".join(["do nothing", *filter(None, (candidate.on_hold, candidate.folded))])
    if part.hold:
        return f"hold it: {part.reason}"
    return " ".join(step.value for step in part.steps) + (", if lint passes" if part.is_checked else "")


def status_json(state: State, forecast: Plan) -> str:
    """Return the status of each integration as JSON."""
    would = _by_path(forecast)
    rows = [_status_value(one, state, would.get(one.path)) for one in state.candidates]
    return dumps({"version": 1, "commit": state.commit, "integrations": rows})


def _status_value(candidate: Candidate, state: State, part: Part | None) -> dict[str, object]:
    value: dict[str, object] = {
        "integration": candidate.name,
        "type": candidate.type,
        "version": candidate.version,
        "fault": candidate.fault,
        "held": part.reason if part else "",
        "on-hold": candidate.on_hold,
        "folded": candidate.folded,
    }
    status = state.statuses.get(candidate.path)
    if status is None:
        return value
    steps = steps_of(candidate, status, state.index)
    return value | {
        "git-tag": status.git_tag,
        "image": _answer_value(status.image),
        "latest": _answer_value(status.latest),
        "spec": status.spec,
        "yanked": status.yanked,
        "indexed": state.index.versions.get(candidate.type, ""),
        "receipt": "there" if status.receipt else "gone" if status.is_lost else "none",
        "foreign": foreign(candidate, status, steps),
        "steps": [step.value for step in steps],
    }


def _answer_value(answer: Answer) -> dict[str, str]:
    if isinstance(answer, Present):
        return {"is": "present", "digest": answer.digest}
    return {"is": "unknown", "reason": answer.reason} if isinstance(answer, Unknown) else {"is": "absent"}


def columns(rows: Sequence[tuple[str, ...]]) -> Iterable[str]:
    """Yield the lines of a table, printable; the last column is not filled."""
    if not rows:
        return
    safe = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in safe) for column in range(len(rows[0]) - 1)]
    for row in safe:
        *cells, last = row
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)), last])
