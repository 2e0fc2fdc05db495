"""Verdicts kept from run to run, each with everything that it rests on.

A verdict rests on what the rules read of the integration, absent files included; on the answers of all integrations
to the questions that they asked; and on the program, the rules, the settings and the day. A kept verdict is given
again only where all of that is the same. That nothing has changed in a folder is believed of the file system where
names, sizes and times are as before, as git does; otherwise everything that was read is read again and compared.

What the shared cache has of other machines is kept for the same conditions, each of which is looked at here: nothing
of times or places is in it. One entry has the verdicts on all integrations by the same rules, settings and day.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from enum import Enum
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from seatrial.core.errors import Unreadable
from seatrial.core.model import (
    Edit,
    Finding,
    Fix,
    Fleet,
    Folder,
    Integration,
    Location,
    Question,
    Severity,
    Waiver,
    digest,
)
from seatrial.core.rules import Rule
from seatrial.system import cache as kept_files
from seatrial.system import clock
from seatrial.system.folder import DiskFolder, Signature
from seatrial.system.remote_cache import RemoteCache
from seatrial.validate.facts.changelog_entries import is_tidy
from seatrial.validate.facts.facts import core_release, identity
from seatrial.validate.facts.package_metadata import name_line, title_line, towncrier_line
from seatrial.validate.facts.spec import spec_habits
from seatrial.validate.facts.tree import has_any, is_shared, is_tested
from seatrial.workspace.workspace import Workspace

MOST_BYTES = 256 * 1024 * 1024
"""All kept verdicts together."""

MOST_VERDICTS = 6
"""Verdicts kept of one integration, such as those of `validate` and `validate-spec`, with advice and without."""

KIND = "verdicts"
"""The kind of its entries in the shared cache."""

SECONDS_EACH, MOST_SECONDS = 0.02, 5.0
"""Seconds for which the shared cache is asked: for each integration to judge, and at most.

That is less than judging them takes: real ones take 0.03 to 0.07 seconds each, and looking at what others keep 0.01.
"""

WORTH_ASKING = 16
"""The least number of integrations to judge; fewer are judged before the programs for asking are loaded."""

QUESTIONS: Mapping[str, Callable[..., Any]] = {
    ask.__name__: ask
    for ask in (
        core_release,
        has_any,
        identity,
        is_shared,
        is_tested,
        is_tidy,
        name_line,
        spec_habits,
        title_line,
        towncrier_line,
    )
}
"""The functions that are asked of every integration of a fleet, by name."""

Reads = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Basis:
    """What rules saw of a folder: digests of the listings, entries by path, digests of contents by path."""

    listings: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Folder, reads: Reads) -> Basis:
        """Look at everything that was read, as `Integration.reads` tells it, in a folder as it is."""
        lists: dict[str, Callable[[], Sequence[str]]] = {"list": folder.paths, "irregular": folder.irregular}
        by_way: dict[str, list[str]] = {"entry": [], "bytes": []}
        listings = {}
        for way, path in sorted(reads):
            if way in lists:
                listings[way] = digest(repr(lists[way]()).encode())
            else:
                by_way[way].append(path)
        return cls(
            listings,
            {path: repr(folder.entry(path)) for path in by_way["entry"]},
            {path: _content(folder, path) for path in by_way["bytes"]},
        )

    @property
    def reads(self) -> set[tuple[str, str]]:
        """What was read, as `Integration.reads` tells it."""
        ways = {"entry": self.entries, "bytes": self.contents}
        return {(way, "") for way in self.listings} | {(way, path) for way in ways for path in ways[way]}

    def only(self, way: str, left_out: frozenset[str]) -> set[tuple[str, str]]:
        """The reads of one way, without some paths."""
        return {(one, path) for one, path in self.reads if one == way and path not in left_out}


@dataclass(frozen=True)
class Record:
    """What a program keeps of an integration: `signature` is that of its folder, empty where it proves nothing.

    `answers` are those to questions, each written as JSON. `verdicts` are by the digest of what they rest on besides,
    each with the digests of the answers that were asked for.
    """

    program: str = ""
    signature: str = ""
    basis: Basis = field(default_factory=Basis)
    answers: Mapping[str, Any] = field(default_factory=dict)
    verdicts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def holds(self, folder: DiskFolder, now: Signature) -> bool:
        """Return whether the folder is as it was."""
        if self.signature == now.digest:
            odd = self.basis.only("entry", now.files)
            return Basis.of(folder, odd).entries.items() <= self.basis.entries.items()
        return Basis.of(folder, self.basis.reads) == self.basis

    def joined(self, other: Record) -> Record:
        """Return both of two records that hold for the same folder; the other one tells whose word that is."""
        basis = Basis(
            {**self.basis.listings, **other.basis.listings},
            {**self.basis.entries, **other.basis.entries},
            {**self.basis.contents, **other.basis.contents},
        )
        verdicts = dict([*self.verdicts.items(), *other.verdicts.items()][-MOST_VERDICTS:])
        return Record(other.program, "", basis, {**self.answers, **other.answers}, verdicts)


@dataclass(frozen=True)
class Case:
    """What a verdict rests on besides the files of the integrations."""

    workspace: Workspace
    rules: Sequence[Rule]
    advice: bool
    most: int

    def key(self, integration: Integration) -> str:
        """Return the digest of it for an integration."""
        return digest(json.dumps([self._common, integration.name, integration.path]).encode())

    @cached_property
    def everywhere(self) -> str:
        """The digest of it on every machine with the same program."""
        codes = [rule.code for rule in self.rules]
        settings, profile = self.workspace.settings, self.workspace.profile.value
        said = [codes, _plain(settings), profile, self.advice, self.most, str(clock.today())]
        return digest(json.dumps(said).encode())

    @cached_property
    def _common(self) -> str:
        return digest(json.dumps([program_state(), self.everywhere]).encode())


@dataclass(frozen=True)
class Kept:
    """The findings of a verdict, those that a suppression hides, and the questions that were asked for it."""

    findings: tuple[Finding, ...]
    hidden: tuple[Finding, ...]
    asked: frozenset[Question] = frozenset()


class VerdictCache:
    """The verdicts on the integrations of a workspace that are kept in a folder; without `keeping` none is added.

    `shared` has those of other machines. A run that writes there believes nothing of the folder, to which others may
    write on the same machine.
    """

    def __init__(
        self, place: Path, workspace: Workspace, *, keeping: bool = True, shared: RemoteCache | None = None
    ) -> None:
        self._place = place
        self._workspace = workspace
        self._keeping = keeping
        self._shared = shared
        self._pack: Mapping[str, Any] = {}
        self._taken: set[str] = set()
        self._before: dict[str, Signature] = {}
        self._records: dict[str, Record] = {}
        self._digests: dict[Question, str] = {}

    @property
    def fleet(self) -> Fleet:
        """All integrations of the workspace."""
        return self._workspace.fleet

    def known(self, case: Case, integrations: Sequence[Integration]) -> Mapping[str, Kept]:
        """Return the kept verdicts that still hold, without their questions, by the path of the integration."""
        self.fleet.prepare = self._recall_all
        keys = {one.path: case.key(one) for one in integrations}
        for one in integrations:
            self._recall(one)
        self._ask_others(case, keys)
        found = {path: self._records[path].verdicts.get(key) for path, key in keys.items()}
        agreed = {path: _kept(one) for path, one in found.items() if one and self._agrees(one["asked"])}
        return {path: kept for path, kept in agreed.items() if kept}

    def _recall_all(self) -> None:
        for one in self.fleet.integrations:
            self._recall(one)

    def _ask_others(self, case: Case, keys: Mapping[str, str]) -> None:
        """Take from the shared cache what is missing here, where asking it takes less time than working it out."""
        missing = [path for path, key in keys.items() if key not in self._records[path].verdicts]
        if self._shared is None or not missing or (len(missing) < WORTH_ASKING and not self._is_writer):
            return
        seconds = MOST_SECONDS if self._is_writer else min(MOST_SECONDS, SECONDS_EACH * len(missing))
        fetched = self._shared.fetch(KIND, [case.everywhere], seconds)
        self._pack = pack = _pack_of(fetched.get(case.everywhere))
        for one in self.fleet.integrations:
            if one.path in pack and one.path in missing:
                self._take(one, case, pack[one.path])

    def _take(self, one: Integration, case: Case, value: Any) -> None:
        """Take over what others keep of an integration, if it holds for the folder here."""
        record = _imported(value, case.key(one), self._foreign)
        folder = one.folder
        assert isinstance(folder, DiskFolder)
        if record and Basis.of(folder, record.basis.reads) == record.basis:
            self._remember(one, self._records[one.path].joined(record))
            self._taken.add(one.path)

    @property
    def _is_writer(self) -> bool:
        return self._shared is not None and self._shared.seal is not None

    @property
    def _foreign(self) -> str:
        """The program of records that come from other machines: what they say is believed only from the same ones."""
        return digest(f"{program_state()} {self._shared.trust}".encode()) if self._shared else ""

    def _recall(self, integration: Integration) -> None:
        """Load what is kept of an integration, if it is still so, and tell the fleet its answers."""
        if integration.path in self._records:
            return
        folder = integration.folder
        assert isinstance(folder, DiskFolder)
        self._before[integration.path] = now = folder.signature()
        kept = None if self._is_writer else kept_files.load(self._file(integration))
        record = _loaded(kept, {program_state(), self._foreign})
        self._remember(integration, record if record and record.holds(folder, now) else Record())

    def _remember(self, integration: Integration, record: Record) -> None:
        self._records[integration.path] = record
        for question, answer in record.answers.items():
            self.fleet.tell(tuple(json.loads(question)), integration.path, answer)

    def _agrees(self, asked: Mapping[str, str]) -> bool:
        """Return whether all integrations still answer these questions as they did; not for what is no question."""
        with suppress(TypeError):
            return all(self._answered(tuple(json.loads(question))) == was for question, was in asked.items())
        return False

    def _answered(self, question: Question) -> str:
        if question not in self._digests:
            answers = self.fleet.each(QUESTIONS[question[0]], *question[1:])
            self._digests[question] = digest(json.dumps(answers, sort_keys=True).encode())
        return self._digests[question]

    def keep(self, case: Case, verdicts: Mapping[str, Kept]) -> None:
        """Keep new verdicts by the path of the integration, for other machines as well if this one may."""
        if self._keeping:
            self._keep(case, verdicts)

    def _keep(self, case: Case, verdicts: Mapping[str, Kept]) -> None:
        new_records = {}
        for one in (one for one in self.fleet.integrations if one.path in self._records):
            more = {}
            if new := verdicts.get(one.path):
                asked = {json.dumps(question): self._answered(question) for question in new.asked}
                verdict = {"findings": written(new.findings), "hidden": written(new.hidden)}
                more = {case.key(one): {"asked": asked, "verdict": verdict}}
            if (saved := self._save(one, more)) and more:
                new_records[one.path] = _exported(saved, case.key(one))
        self._sweep()
        if self._shared and self._is_writer and new_records:
            self._shared.offer(KIND, case.everywhere, {**self._pack, **new_records})
            self._shared.send()

    def _save(self, one: Integration, more: Mapping[str, Any]) -> Record | None:
        """Save what is new of an integration, if its folder is as it was when this run began, and return it."""
        old, before, folder = self._records[one.path], self._before[one.path], one.folder
        told = self.fleet.of(one.path).items()
        answers = {json.dumps(question): answer for question, answer in told if question[0] in QUESTIONS}
        is_proof = before.is_settled and not old.basis.only("bytes", before.files)
        signature = before.digest if is_proof else ""
        is_settling = signature not in ("", old.signature) and bool(old.verdicts or old.answers)
        is_new = bool(more) or one.path in self._taken
        if not is_new and answers.keys() == old.answers.keys() and not is_settling:
            return None
        assert isinstance(folder, DiskFolder)
        looked_at = {(way, path) for way, path in one.reads | old.basis.reads if way != "bytes"}
        basis, seen = Basis.of(folder.fresh(), looked_at), {**old.basis.contents, **one.seen}
        is_same = basis == Basis.of(folder, looked_at) and folder.signature().digest == before.digest
        contents = {path: what for path, what in seen.items() if what is not None}
        if not is_same or len(contents) < len(seen):
            return None
        basis = replace(basis, contents=contents)
        if basis.only("bytes", before.files):
            signature = ""
        latest = dict([*old.verdicts.items(), *more.items()][-MOST_VERDICTS:])
        record = Record(old.program or program_state(), signature, basis, answers, latest)
        kept_files.save(self._file(one), {**vars(record), "basis": vars(record.basis)})
        return record

    def _sweep(self) -> None:
        """Once a day, remove what was not used for long."""
        mark = self._place / "swept"
        now = time.time()
        last = (kept_files.load(mark) or {}).get("at")
        if not isinstance(last, float) or not 0 <= now - last <= kept_files.DAY:
            kept_files.sweep_files(self._place, now, MOST_BYTES)
            kept_files.save(mark, {"at": now})

    def _file(self, integration: Integration) -> Path:
        place = os.path.join(self._workspace.root, integration.path)
        return self._place / digest(os.fsencode(place))


def _pack_of(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _exported(record: Record, key: str) -> Mapping[str, Any]:
    """Return what other machines may know of a record: one verdict and what it rests on, but no times."""
    return {"basis": vars(record.basis), "answers": record.answers, **record.verdicts[key]}


def _imported(value: Any, key: str, program: str) -> Record | None:
    """Return the record of what another machine has kept; None for another form."""
    try:
        verdicts = {key: {"asked": value["asked"], "verdict": value["verdict"]}}
        whole = {"program": program, "signature": "", "basis": value["basis"], "answers": value["answers"]}
    except (TypeError, KeyError):
        return None
    return _loaded({**whole, "verdicts": verdicts}, {program})


def _loaded(value: Mapping[str, Any] | None, programs: Collection[str]) -> Record | None:
    """Return what one of these programs has kept; None for anything else."""
    try:
        if value is None or not value["program"] or value["program"] not in programs:
            return None
        record = Record(**{**value, "basis": Basis(**value["basis"])})
        return record if _is_sound(record) else None
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _is_sound(record: Record) -> bool:
    """Return whether a record has the form in which it is kept. Raises for most of the others."""
    basis = record.basis
    texts = [*basis.listings.items(), *basis.entries.items(), *basis.contents.items()]
    asked = [kept["asked"] for kept in record.verdicts.values()]
    questions = [json.loads(text) for text in chain({**record.answers}, *asked)]
    words = [word for question in questions for word in question]
    return (
        basis.listings.keys() <= {"list", "irregular"}
        and all(isinstance(one, dict) for one in asked)
        and all(isinstance(text, str) for text in (*chain(*texts), *words))
        and all(isinstance(question, list) and question[0] in QUESTIONS for question in questions)
    )


def _kept(value: Mapping[str, Any]) -> Kept | None:
    """Return a verdict; None for another form."""
    try:
        return Kept(read(value["verdict"]["findings"]), read(value["verdict"]["hidden"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _content(folder: Folder, path: str) -> str:
    try:
        return digest(folder.read(path))
    except Unreadable as refused:
        return f"unreadable: {refused}"


@cache
def program_state() -> str:
    """Return the digest of this program and of the packages beside it, by names, sizes and times."""
    own = Path(__file__).parents[1]
    found = []
    for place, folders, names in os.walk(own):
        folders[:] = [one for one in folders if one != "__pycache__"]
        for name in names:
            status = os.lstat(os.path.join(place, name))
            found.append((os.path.relpath(place, own), name, status.st_size, status.st_mtime_ns))
    packages = sorted({name for place in sys.path if os.path.isdir(place) for name in _packages(place)})
    return digest(repr((sys.version, sorted(found), packages)).encode())


def _packages(place: str) -> Iterable[str]:
    with suppress(OSError):
        yield from (name for name in os.listdir(place) if name.endswith((".dist-info", ".egg-info")))


def _plain(value: Any) -> Any:
    """Return settings as JSON can hold them, sets in order."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return sorted([str(key), _plain(one)] for key, one in value.items())
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.value if isinstance(value, Enum) else value


def written(findings: Iterable[Finding]) -> Sequence[Any]:
    """Return findings as JSON can hold them."""
    return [{**asdict(one), "severity": one.severity.value} for one in findings]


def read(findings: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Return findings as they were."""
    return tuple(
        Finding(
            **{
                **one,
                "severity": Severity(one["severity"]),
                "fix": _fix(one["fix"]),
                "waiver": one["waiver"] and Waiver(**one["waiver"]),
            }
        )
        for one in findings
    )


def _fix(value: Mapping[str, Any] | None) -> Fix | None:
    if value is None:
        return None
    edit = value["edit"]
    found = edit and Edit(**{**edit, "where": Location(**edit["where"])})
    return Fix(value["title"], found, value["guessed"])
