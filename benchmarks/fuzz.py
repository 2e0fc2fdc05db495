"""Damaged folders through `validate` and `fix`, in memory: no crash, and no repair that does harm.

    python benchmarks/fuzz.py --count 20000
    python benchmarks/fuzz.py ../ocean/integrations --first 20000 --count 20000 --profile ocean

Case N is the same for the same folders, so a run goes on where another ended with `--first`, and `--first N --count 1
--keep DIR` writes the folder of a case that failed, before and after the repair.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from mutations import Files, mutated

from seatrial.core.model import (
    MAKE,
    REMOVE,
    REPLACE,
    Edit,
    Finding,
    Fleet,
    Integration,
    MemoryFolder,
    Profile,
)
from seatrial.core.settings import Settings
from seatrial.handbook.rule_examples import good_folder
from seatrial.system.folder import DiskFolder
from seatrial.validate.facts.facts import Facts
from seatrial.validate.repair import Repairs, repairs
from seatrial.validate.rules import RULES
from seatrial.validate.run import Verdict, check
from seatrial.workspace.workspace import Workspace

BESIDE = 3
"""The number of other integrations in the workspace of a case."""

SLOW = 10.0
"""Seconds from which a case counts as a hang."""


@dataclass(frozen=True)
class Case:
    """A damaged integration in a workspace."""

    workspace: Workspace
    integration: Integration
    files: Files


@dataclass(frozen=True)
class Result:
    """The faults of Seatrial in a case, in words, the findings that offered an edit, and the repairs made."""

    faults: Sequence[str]
    offered: Sequence[Finding] = ()
    repairs: Repairs | None = None


def folders_in(roots: Sequence[Path]) -> list[Files]:
    """Return the integrations below these folders; without any, the template's and the bad example of each rule."""
    if not roots:
        good = {profile: good_folder(profile) for profile in Profile}
        bad = [rule.bad(good[rule.profile]) for rule in RULES]
        return [dict(folder.files) for folder in (*good.values(), *bad)]
    places = [place for root in roots for place in sorted(root.iterdir()) if (place / ".port").is_dir()]
    return [_read(DiskFolder(place, place, None)) for place in places]


def _read(folder: DiskFolder) -> Files:
    odd = set(folder.irregular())
    return {path: folder.read(path) for path in folder.paths() if path not in odd and _is_small(folder, path)}


def _is_small(folder: DiskFolder, path: str) -> bool:
    entry = folder.entry(path)
    return entry is not None and entry.size < 2_000_000


def case_of(folders: Sequence[Files], number: int, profile: Profile | None = None) -> Case:
    """Return the case of this number."""
    rng = random.Random(number)
    files = mutated(rng.choice(folders), rng)
    others = [rng.choice(folders) for _ in range(rng.randrange(BESIDE + 1))]
    return workspace_of(files, others, profile or rng.choice(list(Profile)))


def workspace_of(files: Files, others: Sequence[Files], profile: Profile) -> Case:
    """Return the case of these files beside other integrations."""
    one = Integration("one", "integrations/one", MemoryFolder(files))
    beside = [
        Integration(f"n{at}", f"integrations/n{at}", MemoryFolder(other)) for at, other in enumerate(others)
    ]
    place = Path("/nowhere")
    return Case(Workspace(place, place, Settings(), profile, Fleet([one, *beside])), one, files)


def judged(case: Case) -> Result:
    """Validate and repair a case, and return what is wrong with how Seatrial did that."""
    before = check(Facts.of(case.workspace, case.integration), RULES)
    offered = [one for one in before.findings if one.fix and one.fix.edit]
    faults = [f"crash: {crash}" for crash in before.crashes]
    if not offered:
        return Result(faults)
    done = repairs(case.workspace, [case.integration], RULES)
    if not done.files:
        return Result(faults, offered, done)
    edits = [one.fix.edit for one in offered if one.fix and one.fix.edit]
    return Result([*faults, *_faults(case, before, edits, done)], offered, done)


def _faults(case: Case, before: Verdict, edits: Sequence[Edit], done: Repairs) -> Iterator[str]:
    changed = {file.path.removeprefix("integrations/one/"): file.after for file in done.files}
    others = [one for one in case.workspace.integrations if one is not case.integration]
    left = {path: text for path, text in {**case.files, **changed}.items() if text is not None}
    one = Integration("one", "integrations/one", MemoryFolder(left))
    workspace = Workspace(
        Path("/nowhere"), Path("/nowhere"), Settings(), case.workspace.profile, Fleet([one, *others])
    )
    after = check(Facts.of(workspace, one), RULES)
    come = _said(after.findings) - _said(before.findings)
    yield from (f"the repair adds: {code} {path}: {message}" for code, path, message in come)
    if len(after.findings) >= len(before.findings):
        yield "the repair removes no finding"
    for other in others:
        was, now = (check(Facts.of(space, other), RULES) for space in (case.workspace, workspace))
        yield from (f"the repair adds elsewhere: {key}" for key in _said(now.findings) - _said(was.findings))
    if repairs(workspace, [one], RULES).files:
        yield "a second repair changes more"
    acts = {(edit.act, edit.where.path.removeprefix("integrations/one/")) for edit in edits}
    for path, text in changed.items():
        act = REMOVE if text is None else MAKE if path not in case.files else REPLACE
        if act is not REPLACE and (act, path) not in acts:
            yield f"the repair would {act} {path}, which no finding offers"
        elif text is not None and path in case.files and (MAKE, path) not in acts:
            yield from _beyond(path, case.files[path], text, edits)


def _said(findings: Sequence[Finding]) -> Counter[tuple[str, str, str]]:
    """Count findings without numbers, which name lines, and without evidence."""
    return Counter(
        (
            one.code,
            one.path,
            re.sub(r"\d+", "0", one.message.partition(" (")[0]),
        )
        for one in findings
    )


def _beyond(path: str, before: bytes, after: bytes, edits: Sequence[Edit]) -> Iterator[str]:
    """Yield what changed in a file beyond the lines of the edits, and that it does not parse any more."""
    touched = {
        edit.where.line - 1 + line
        for edit in edits
        if edit.where.path == f"integrations/one/{path}"
        for line in range(edit.old.count("\n") + 1)
    }
    if not _holds(after, _between(before.split(b"\n"), touched)):
        yield f"the repair of {path} changes a line where there is no edit"
    if parses(path, before) and not parses(path, after):
        yield f"the repair of {path} breaks it"


def _between(lines: Sequence[bytes], touched: Collection[int]) -> list[bytes]:
    """Return the texts between the touched lines, the first and the last of which may be empty."""
    parts, part = [], b""
    for at, line in enumerate(lines):
        ending = b"\n" if at + 1 < len(lines) else b""
        if at in touched:
            parts.append(part)
            part = b""
        else:
            part += line + ending
    return [*parts, part]


def _holds(text: bytes, parts: Sequence[bytes]) -> bool:
    """Return whether a text begins with the first of these parts, ends with the last, and has all in this order."""
    if not text.startswith(parts[0]) or not text.endswith(parts[-1]):
        return False
    at, end = len(parts[0]), len(text) - len(parts[-1])
    for part in parts[1:-1]:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end


def parses(path: str, data: bytes) -> bool:
    """Return whether other parsers than Seatrial's read a file."""
    try:
        text = data.decode().removeprefix("\ufeff")
        if path.endswith(".json"):
            json.loads(text)
        elif path.endswith((".yaml", ".yml")):
            yaml.safe_load(text)
        elif path.endswith(".toml"):
            tomllib.loads(text)
        elif path.endswith(".py"):
            ast.parse(text)
    except (ValueError, SyntaxError, yaml.YAMLError, TypeError, RecursionError, MemoryError):
        return False
    return True


def _keep(place: Path, files: Mapping[str, bytes], done: Repairs | None) -> None:
    after = (
        {file.path.removeprefix("integrations/one/"): file.after or b"" for file in done.files}
        if done
        else {}
    )
    for name, content in (("before", files), ("after", {**files, **after})):
        for path, data in content.items():
            target = place / name / "integrations" / "one" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def main() -> int:
    """Run the cases, print each fault, and a summary."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("roots", nargs="*", type=Path)
    asked.add_argument("--count", type=int, default=20_000)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--profile", type=Profile, choices=list(Profile))
    asked.add_argument("--keep", type=Path)
    options = asked.parse_args()
    folders = folders_in(options.roots)
    counts: Counter[str] = Counter()
    repaired: Counter[str] = Counter()
    for number in range(options.first, options.first + options.count):
        case = case_of(folders, number, options.profile)
        begun = time.monotonic()
        result = judged(case)
        if time.monotonic() - begun > SLOW:
            print(f"case {number}: slow, {time.monotonic() - begun:.0f} s", flush=True)
            counts["slow"] += 1
        _count(counts, repaired, result)
        for fault in result.faults:
            print(f"case {number}: {fault[:300]}", flush=True)
        if options.keep:
            _keep(options.keep / str(number), case.files, result.repairs)
        if (number + 1) % 1_000 == 0:
            print(f"{number + 1}: {dict(counts)}", file=sys.stderr, flush=True)
    print(f"{dict(counts)}\nrefused: {repaired.most_common(40)}")
    return 1 if counts["with faults"] else 0


def _count(counts: Counter[str], refused: Counter[str], result: Result) -> None:
    counts["cases"] += 1
    counts["with faults"] += bool(result.faults)
    counts["with edits"] += bool(result.offered)
    counts["edits offered"] += len(result.offered)
    if result.repairs:
        counts["with repairs"] += bool(result.repairs.files)
        counts["edits refused"] += len(result.repairs.refused)
        for one in result.repairs.refused:
            refused[f"{one.finding.code}: {one.reason.partition(':')[0][:60]}"] += 1


if __name__ == "__main__":
    raise SystemExit(main())
