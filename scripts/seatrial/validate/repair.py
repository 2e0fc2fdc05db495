"""Repairs that are proved before they are written.

The edits of findings are tried in memory, and all rules are run over the result. An edit is kept if its finding is
gone, no other has come in any integration of the workspace, the document still parses, and no other value changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from seatrial.core.edits import repaired
from seatrial.core.errors import Unreadable
from seatrial.core.model import MAKE, REMOVE, REPLACE, Edit, Finding, Fleet, Integration, Kind, Severity, join
from seatrial.core.rules import Rule
from seatrial.documents import json, python, toml, yaml
from seatrial.system.transaction import FileEdit
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release_change import Change
from seatrial.validate.run import Verdict, check
from seatrial.workspace.workspace import Workspace

T = TypeVar("T")

MOST_COMPARED = 1_000
"""Most findings of one rule in one integration that are compared; with more, nothing is repaired there."""

MOST_TRIALS = 100
"""Most times that the edits of one integration are tried; if they do not suffice, nothing is repaired there."""

ACROSS = frozenset({"fleet", "peers"})
"""The facts through which a rule sees other integrations."""

_LOOSE = re.compile(r"(?<=\bline )\d+| \([^()]*\)$")
"""The parts of a message that say how it is elsewhere: the number of another line, and the evidence at the end."""

_BLANKS = re.compile(r"[ \t]+(?=\r?\n)|\s+\Z")

_LOADERS = {"json": json.load, "yaml": yaml.load, "yml": yaml.load, "toml": toml.load}

Files = Mapping[str, bytes | None]
"""The new bytes of files, None for no file, by their path in an integration."""

Changes = Callable[[Sequence[Integration], Mapping[str, Collection[str]]], Mapping[str, Change]]
"""Gives the change in each of these integrations, by its path, where these paths in it are edited besides."""


@dataclass(frozen=True)
class Refusal:
    """A finding whose edit is not applied, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Repairs:
    """The files to be written together, by path, and the edits that did not prove themselves."""

    files: tuple[FileEdit, ...]
    refused: tuple[Refusal, ...]


def no_changes(
    integrations: Sequence[Integration], edited: Mapping[str, Collection[str]]
) -> dict[str, Change]:
    """Return no change: the rules about one are silent."""
    return {}


def repairs(
    workspace: Workspace,
    integrations: Sequence[Integration],
    rules: Sequence[Rule],
    changes: Changes = no_changes,
    *,
    unsafe: bool = False,
    advice: bool = False,
) -> Repairs:
    """Return the repairs of these integrations that prove themselves, until no edit is left that does.

    With `unsafe`, guessed edits are tried as well; with `advice`, those of advice.

    Each step leaves fewer findings, so this ends, and a second call on the result finds nothing to repair.
    """
    left_out: dict[str, Refusal] = {}
    while True:
        wanted = [one for one in integrations if one.path not in left_out]
        run = _Run(workspace, rules, changes, unsafe, advice)
        try:
            files, refused = _settled(run, wanted)
        except _TooManyTrials as costly:
            left_out[costly.path] = costly.refusal
        else:
            ordered = sorted((*refused, *left_out.values()), key=lambda one: one.finding.sort_key)
            return Repairs(tuple(run.file_edits(files)), tuple(ordered))


def repair_of(
    workspace: Workspace, integration: Integration, rules: Sequence[Rule], fingerprint: str
) -> Repairs:
    """Return the repair of the finding with this fingerprint by itself, if it proves itself."""
    run = _Run(workspace, rules, no_changes, wanted=lambda finding: finding.fingerprint == fingerprint)
    after, refused = _round(run, _State(run, {}), [integration])
    return Repairs(tuple(run.file_edits(after.files)), tuple(refused))


class _TooManyTrials(Exception):
    def __init__(self, path: str, finding: Finding) -> None:
        super().__init__(path)
        self.path = path
        reason = f"too many repairs of {finding.integration} fail together; {MOST_TRIALS} ways were tried"
        self.refusal = Refusal(finding, f"{reason}, and nothing is repaired there")


@dataclass(frozen=True)
class _Candidate:
    """An edit that findings of an integration offer, with these findings; its path is relative to the root."""

    integration: Integration
    edit: Edit
    findings: tuple[Finding, ...]


_Key = tuple[str, str, str, int]


class _Comparison:
    """How two verdicts differ; suppressed findings count as well.

    Rules about a change name the first of its files and count the others, so only the number of their findings counts.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._about_change = {rule.code for rule in rules if "change" in rule.needs}

    def worse(self, before: Verdict, after: Verdict) -> str:
        """Return what has come between two verdicts; empty if nothing has."""
        if set(after.crashes) - set(before.crashes):
            return "a rule would fail on the result"
        come = self._said(after) - self._said(before)
        found = (*after.findings, *after.hidden)
        finding = next((one for one in found if come.keys() & set(self._keys(one))), None)
        return f"{finding.code} would come instead: {finding.path}: {finding.message}" if finding else ""

    def staying(self, before: Verdict, after: Verdict, candidates: Iterable[_Candidate]) -> str:
        """Return that a finding would stay; empty if each of these candidates removes its own."""
        gone = self._said(before) - self._said(after)
        wanted = Counter(self._keys(finding)[-1] for one in candidates for finding in one.findings)
        return "the finding would stay" if wanted - gone else ""

    def _said(self, verdict: Verdict) -> Counter[_Key]:
        return Counter(key for one in (*verdict.findings, *verdict.hidden) for key in self._keys(one))

    def _keys(self, finding: Finding) -> Sequence[_Key]:
        """Return a finding as one at least as grave as each severity from its own down, so that none may rise."""
        message = "" if finding.code in self._about_change else _LOOSE.sub("", finding.message)
        ranks = range(finding.severity.rank, len(Severity))
        return [(finding.code, finding.path, message, rank) for rank in ranks]


class _Run:
    """The workspace, the rules, the bytes that edits began from, and the number of trials for each integration.

    Only the edits of `wanted` findings are tried: guessed ones if `unsafe`, those of advice if `advice`.
    """

    def __init__(
        self,
        workspace: Workspace,
        rules: Sequence[Rule],
        changes: Changes,
        unsafe: bool = False,
        advice: bool = False,
        wanted: Callable[[Finding], bool] = lambda finding: True,
    ) -> None:
        self.workspace = workspace
        self.unsafe = unsafe
        self.advice = advice
        self.rules = rules
        self.across = [rule for rule in rules if ACROSS & set(rule.needs)]
        self.changes = changes
        self.wanted = wanted
        self.compared = _Comparison(rules)
        self._begun: dict[str, bytes | None] = {}
        self._trials: Counter[str] = Counter()

    def begun(self, integration: Integration, path: str) -> bytes | None:
        """Return the bytes of a file, None for no file, always those of the first time. Raises Unreadable."""
        whole = integration.below(path)
        if whole not in self._begun:
            self._begun[whole] = integration.read(path) if integration.holds(path) else None
        return self._begun[whole]

    def file_edits(self, files: Mapping[str, Files]) -> Iterator[FileEdit]:
        """Yield what is to be written, with the bytes that the proof began from."""
        for folder, changed in sorted(files.items()):
            for path, after in sorted(changed.items()):
                whole = join(folder, path)
                yield FileEdit(whole, self._begun[whole], after)

    def count(self, candidates: Sequence[_Candidate]) -> None:
        """Count a trial of the integration of these candidates. Raises _TooManyTrials."""
        path = candidates[-1].integration.path
        self._trials[path] += 1
        if self._trials[path] > MOST_TRIALS:
            raise _TooManyTrials(path, candidates[-1].findings[0])


class _State:
    """The workspace in memory with new bytes in some files, by the path of their integration."""

    def __init__(self, run: _Run, files: Mapping[str, Files]) -> None:
        self.files = files
        self._run = run
        self._verdicts: dict[str, Verdict] = {}

    @cached_property
    def fleet(self) -> Fleet:
        """All integrations, as they are in this state."""
        whole = self._run.workspace
        return Fleet(map(self.of, whole.integrations)) if self.files else whole.fleet

    def of(self, integration: Integration) -> Integration:
        """Return an integration as it is in this state."""
        files = self.files.get(integration.path)
        return integration.having(files) if files else integration

    def verdict(self, integration: Integration) -> Verdict:
        """Return what all rules say of an integration in this state."""
        if integration.path not in self._verdicts:
            files = self.files.get(integration.path, {})
            self._verdicts[integration.path] = self.trial(integration, files)
        return self._verdicts[integration.path]

    def trial(self, integration: Integration, files: Files) -> Verdict:
        """Return what all rules would say of an integration with these files, the others being as they are."""
        tried = integration.having(files) if files else integration
        change = self._run.changes([tried], {tried.path: files}).get(tried.path)
        facts = Facts.of(_View(self._run.workspace, self.fleet), tried, change)
        return check(facts, self._run.rules, MOST_COMPARED, advice=True)

    @cached_property
    def across(self) -> Mapping[str, Verdict]:
        """What the rules that see other integrations say of each integration."""
        view = _View(self._run.workspace, self.fleet)
        return {
            one.path: check(Facts.of(view, one), self._run.across, MOST_COMPARED, advice=True)
            for one in self.fleet.integrations
        }


class _View:
    """The settings of a workspace with another fleet."""

    def __init__(self, workspace: Workspace, fleet: Fleet) -> None:
        self.profile = workspace.profile
        self.settings = workspace.settings
        self.fleet = fleet


def _settled(run: _Run, integrations: Sequence[Integration]) -> tuple[Mapping[str, Files], Sequence[Refusal]]:
    """Apply what proves itself, again and again until nothing does. Raises _TooManyTrials."""
    state = _State(run, {})
    while True:
        after, refused = _round(run, state, integrations)
        if after is state:
            return state.files, refused
        state = after


def _round(run: _Run, state: _State, integrations: Sequence[Integration]) -> tuple[_State, Sequence[Refusal]]:
    """Apply the edits that prove themselves in their integration, and then together in the workspace."""
    proved: list[_Candidate] = []
    refused: list[tuple[_Candidate, str]] = []
    for integration in integrations:
        found = _candidates(run, integration, state.verdict(integration))
        candidates = [one for one in found if any(map(run.wanted, one.findings))]
        if many := _too_many(state.verdict(integration)):
            refused += [(one, many) for one in candidates]
            continue
        kept, left = _passing(candidates, lambda these: _objection(run, state, these))
        proved += kept
        refused += left
    together = _Together(run, state)
    _, left = _passing(proved, together.objection)
    refusals = [Refusal(one.findings[0], reason) for one, reason in (*refused, *left)]
    return together.passed, refusals


def _candidates(run: _Run, integration: Integration, verdict: Verdict) -> Sequence[_Candidate]:
    """Return the edits that findings offer, of those that the run is about, in the order of their places."""
    found: dict[Edit, list[Finding]] = {}
    for finding in verdict.findings:
        is_wanted = run.advice or finding.severity is not Severity.ADVICE
        if is_wanted and finding.fix and finding.fix.edit and (finding.fix.safe or run.unsafe):
            found.setdefault(finding.fix.edit, []).append(finding)
    ordered = sorted(found, key=lambda edit: (edit.where, edit.old, edit.new))
    return [_Candidate(integration, edit, tuple(found[edit])) for edit in ordered]


def _passing(
    candidates: Sequence[T], objection: Callable[[Sequence[T]], str], kept: Sequence[T] = ()
) -> tuple[Sequence[T], Sequence[tuple[T, str]]]:
    """Return the candidates to which there is no objection, and the others with it: all at once, else by halves."""
    if not candidates:
        return kept, []
    reason = objection([*kept, *candidates])
    if not reason:
        return [*kept, *candidates], []
    if len(candidates) == 1:
        return kept, [(candidates[0], reason)]
    middle = len(candidates) // 2
    kept, refused = _passing(candidates[:middle], objection, kept)
    kept, more = _passing(candidates[middle:], objection, kept)
    return kept, [*refused, *more]


def _objection(run: _Run, state: _State, candidates: Sequence[_Candidate]) -> str:
    """Return why these edits of one integration are no repair; empty if they are one."""
    run.count(candidates)
    integration = candidates[0].integration
    files = _edited(run, state, candidates)
    if isinstance(files, str):
        return files
    before, after = state.verdict(integration), state.trial(integration, files)
    compared = run.compared
    return _too_many(after) or compared.worse(before, after) or compared.staying(before, after, candidates)


class _Together:
    """The trial of edits in several integrations; `passed` is the state after those that passed last."""

    def __init__(self, run: _Run, state: _State) -> None:
        self.passed = state
        self._run = run
        self._state = state

    def objection(self, candidates: Sequence[_Candidate]) -> str:
        """Return why these edits are no repair of the workspace; empty if they are one."""
        self._run.count(candidates)
        by_path: dict[str, list[_Candidate]] = {}
        for one in candidates:
            by_path.setdefault(one.integration.path, []).append(one)
        files = dict(self._state.files)
        for path, ours in by_path.items():
            edited = _edited(self._run, self._state, ours)
            if isinstance(edited, str):
                return edited
            files[path] = edited
        after = _State(self._run, files)
        reason = next(filter(None, self._reasons(after, by_path.values())), "")
        self.passed = self.passed if reason else after
        return reason

    def _reasons(self, after: _State, edited: Iterable[Sequence[_Candidate]]) -> Iterator[str]:
        compared = self._run.compared
        for ours in edited:
            before, then = (state.verdict(ours[0].integration) for state in (self._state, after))
            yield compared.worse(before, then) or compared.staying(before, then, ours)
        yield from (compared.worse(self._state.across[path], then) for path, then in after.across.items())


def _too_many(verdict: Verdict) -> str:
    codes = Counter(finding.code for finding in (*verdict.findings, *verdict.hidden))
    code = next((code for code, count in codes.items() if count >= MOST_COMPARED), None)
    return f"there are too many findings of {code} to compare" if code else ""


def _edited(run: _Run, state: _State, candidates: Sequence[_Candidate]) -> Files | str:
    """Return the files of an integration that differ after these edits, or why the edits cannot be made."""
    integration = candidates[0].integration
    by_path: dict[str, list[Edit]] = {}
    for one in candidates:
        by_path.setdefault(one.edit.where.path.removeprefix(integration.below("")), []).append(one.edit)
    files = dict(state.files.get(integration.path, {}))
    for path, edits in by_path.items():
        try:
            before = files[path] if path in files else run.begun(integration, path)
        except Unreadable:
            return UNREADABLE
        after = _after(integration, path, before, edits)
        if isinstance(after, str):
            return after
        files[path] = after
    return files


UNREADABLE = "the file cannot be read as UTF-8"


def _after(
    integration: Integration, path: str, before: bytes | None, edits: Sequence[Edit]
) -> bytes | str | None:
    """Return the bytes of a file after these edits, None for no file, or why the edits cannot be made."""
    first = edits[0]
    if first.act != REPLACE and len(edits) > 1:
        return "other repairs change the same file"
    if first.act == MAKE:
        return _astray(integration, path) or (
            "the file is there" if before is not None else first.new.encode()
        )
    if before is None:
        return "the file is not there any more"
    is_listed = path in integration.paths() or not integration.holds(path)
    if not is_listed or path in integration.irregular() or _astray(integration, path):
        return "the file is a link, or behind one"
    if first.act == REMOVE:
        return None
    try:
        after = repaired(before.decode(), edits).encode()
    except UnicodeError:
        return UNREADABLE
    return _damage(path, before, after, sum(map(_says_other, edits))) or after


def _astray(integration: Integration, path: str) -> str:
    """Return why a file cannot be where it is to be: a folder above it is a link, or no folder; else nothing."""
    parts = path.split("/")[:-1]
    entries = [integration.entry("/".join(parts[: end + 1])) for end in range(len(parts))]
    is_plain = all(one is None or (one.kind is Kind.FOLDER and one.target is None) for one in entries)
    return "" if is_plain else "the folder is a link, or none"


def _says_other(edit: Edit) -> bool:
    """Return whether an edit changes more than the ends of lines and of the file."""
    return _BLANKS.sub("", edit.old) != _BLANKS.sub("", edit.new)


def _damage(path: str, before: bytes, after: bytes, edits: int) -> str:
    """Return what this many edits do to a file besides; empty if nothing."""
    if before == after:
        return "the text to replace is written in another way"
    suffix = path.rpartition(".")[2]
    if suffix == "py":
        broken = python.load(path, after).faults and not python.load(path, before).faults
        return "the file would no longer parse" if broken else ""
    if suffix not in _LOADERS:
        return ""
    old, new = _LOADERS[suffix](path, before), _LOADERS[suffix](path, after)
    if not old.readable:
        return ""
    if len(new.faults) > len(old.faults):
        return f"the file would no longer parse: {new.faults[-1].message}"
    return "other values would change with it" if _differences(old.value, new.value) > edits else ""


def _differences(old: Any, new: Any) -> int:
    """Return how many values of two trees differ; a key that is renamed, come or gone is one."""
    if isinstance(old, dict) and isinstance(new, dict):
        gone, come = [key for key in old if key not in new], [key for key in new if key not in old]
        moved = bool(gone and come) and [old[key] for key in gone] != [new[key] for key in come]
        both = sum(_differences(old[key], new[key]) for key in old if key in new)
        return max(len(gone), len(come)) + moved + both
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return sum(map(_differences, old, new))
    is_tree = isinstance(old, dict | list) or isinstance(new, dict | list)
    return int(is_tree or repr(old) != repr(new))
