"""For commits of a real history: does `--since` name what changed, and does `--new` show what the commit brought?

    python benchmarks/commits.py ../ocean --count 200 --seed 14 --skip 94

For each commit drawn, its parent and the commit are checked out in turn into a clone and judged whole. Integrations
whose findings differ must be among those that `--since PARENT` chooses: each that is not is a miss. Those chosen whose
findings do not differ are the surplus, which is right where one of their files has changed, one that a link of
theirs leads to, or one outside that integrations share, and wrong elsewhere. What
`seatrial validate --since PARENT --new`, a process of its own, marks as new must be the findings of the commit that
the parent lacks, or has with less severity, for every second commit with advice. Ends with status 1 after a miss, a
wrong surplus or another difference.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from processes import THIS, Run, seatrial

from seatrial.core.errors import UsageError
from seatrial.core.model import Finding, Severity
from seatrial.validate.rules import RULES
from seatrial.validate.run import ALL, MOST, check_all
from seatrial.validate.since import since
from seatrial.workspace.workspace import open_workspace

Found = Mapping[str, Mapping[str, Finding]]
"""The findings of each integration, by its name and their fingerprints."""

OF_A_CHANGE = frozenset(rule.code for rule in RULES if "change" in rule.needs)
"""The codes of rules about a change, which judging a state alone cannot find."""

_TOUCHED = re.compile(r"integrations/([^/]+)/")


@dataclass(frozen=True)
class Case:
    """What one commit showed.

    `named` are the integrations that `--since` chooses, `changed` those whose findings differ, `touched` those with a
    changed file, or with a link to one, `sharing` those that only a file outside concerns, and `outside` such files.
    `brought` are the new findings as `--new` has them, `lacking` and `added` where
    that differs from the subtraction. `cut` counts new findings that are not shown because of the limit for one rule.
    """

    commit: str
    named: frozenset[str]
    changed: frozenset[str]
    touched: frozenset[str]
    brought: int = 0
    about_change: int = 0
    cut: int = 0
    lacking: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    wrong: str = ""
    sharing: frozenset[str] = frozenset()
    outside: tuple[str, ...] = ()

    @property
    def misses(self) -> frozenset[str]:
        """The integrations whose findings differ, and that are not chosen."""
        return self.changed - self.named

    @property
    def surplus(self) -> frozenset[str]:
        """The integrations that are chosen, and whose findings do not differ."""
        return self.named - self.changed

    @property
    def baseless(self) -> frozenset[str]:
        """The integrations that are chosen, and of which no file has changed, nor one that they share."""
        return self.named - self.touched - self.sharing

    def problems(self) -> Iterator[str]:
        """Yield what is wrong, a sentence each."""
        yield from (f"{self.commit[:10]}: misses {name}" for name in sorted(self.misses))
        yield from (f"{self.commit[:10]}: names {name} without a change" for name in sorted(self.baseless))
        yield from (f"{self.commit[:10]}: --new lacks {one}" for one in self.lacking)
        yield from (f"{self.commit[:10]}: --new adds {one}" for one in self.added)
        yield from ([f"{self.commit[:10]}: {self.wrong}"] if self.wrong else [])


def git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode(errors="replace")


def drawn(repository: Path, count: int, seed: int) -> list[tuple[str, str]]:
    """Return commits of the history with their first parents, drawn at random, in the order of the draw."""
    rows = (
        row.split() for row in git(repository, "rev-list", "--first-parent", "--parents", "HEAD").splitlines()
    )
    pairs = sorted((row[0], row[1]) for row in rows if row[1:])
    return random.Random(seed).sample(pairs, min(count, len(pairs)))


def checked_out(work: Path, commit: str) -> Found:
    """Check a commit out, judge all of it, and return what is found; nothing where there are no integrations."""
    git(work, "checkout", "--quiet", "--force", "--detach", commit)
    git(work, "clean", "-qfdx")
    try:
        workspace = open_workspace(str(work))
    except UsageError:
        return {}
    outcome = check_all(workspace, workspace.integrations, RULES, 1, advice=True, most=ALL).outcome
    found: dict[str, dict[str, Finding]] = {one.name: {} for one in workspace.integrations}
    for one in outcome.findings:
        found[one.integration][one.fingerprint] = one
    return found


def differing(before: Found, after: Found) -> frozenset[str]:
    """Return the integrations of the newer state whose findings, or their severities, are others than before."""
    weighed = [{name: {(key, one.severity) for key, one in found.items()} for name, found in state.items()}
               for state in (before, after)]  # fmt: skip
    return frozenset(name for name, found in weighed[1].items() if found != weighed[0].get(name, set()))


def judged(work: Path, commit: str, parent: str) -> Case:
    """Return what a commit shows, in a clone in which it is checked out at the end."""
    before, after = checked_out(work, parent), checked_out(work, commit)
    listed = git(work, "diff", "--name-only", "-z", "--no-renames", parent, commit).split("\0")
    touched = frozenset(found[1] for path in listed if (found := _TOUCHED.match(path)))
    touched |= linked(work, {*listed})
    changed = differing(before, after)
    if not after:
        return Case(commit, frozenset(), changed, touched)
    workspace = open_workspace(str(work))
    chosen = since(workspace, parent)
    named = frozenset(one.name for one in chosen.touched(workspace.integrations))
    case = Case(
        commit,
        named,
        changed,
        touched,
        sharing=named - touched if chosen.shared else frozenset(),
        outside=tuple(dict.fromkeys(one.path for one in chosen.shared)),
    )
    ran = asked(work, parent, with_advice(commit))
    try:
        answer = json.loads(ran.out)
    except ValueError:
        return replace(case, wrong=f"status {ran.status}: {ran.err.strip()[-300:]}")
    return compared(case, before, after, answer, ran.status)


def linked(work: Path, paths: Set[str]) -> frozenset[str]:
    """Return the integrations in which a link leads to one of these paths, or to a folder that holds one."""
    root = os.path.realpath(work)
    found = set()
    for link in filter(Path.is_symlink, work.glob("integrations/*/**/*")):
        to = os.path.relpath(os.path.realpath(link), root)
        if any(path == to or path.startswith(f"{to}/") for path in paths):
            found.add(link.relative_to(work).parts[1])
    return frozenset(found)


def with_advice(commit: str) -> bool:
    """Tell whether advice is asked for, which it is for every second commit."""
    return int(commit[:8], 16) % 2 == 0


def asked(work: Path, parent: str, advice: bool) -> Run:
    """Run Seatrial as CI does for a pull request, without results of earlier runs."""
    words = ["validate", "--root", str(work), "--since", parent, "--new", "--format", "json", "--no-cache"]
    return seatrial(THIS, work, "-m", "seatrial", *words, *["--advice"] * advice, SEATRIAL_CACHE=os.devnull)


def compared(case: Case, before: Found, after: Found, answer: Mapping[str, Any], status: int) -> Case:
    """Return a case with the comparison of `--new` with the subtraction of what was there before."""
    shown = answer["findings"]
    new = {one["fingerprint"]: one for one in shown if not one["old"] and one["code"] not in OF_A_CHANGE}
    known = {key: one.severity.rank for found in before.values() for key, one in found.items()}
    unwanted = () if with_advice(case.commit) else (Severity.ADVICE,)
    found = (pair for name in case.named for pair in after[name].items())
    wanted = {
        key: one
        for key, one in found
        if one.severity not in unwanted and known.get(key, one.severity.rank + 1) > one.severity.rank
    }
    counts = Counter((one["integration"], one["code"]) for one in shown)
    lacking = [one for key, one in wanted.items() if key not in new]
    seen = [one for one in lacking if counts[one.integration, one.code] < MOST]
    fails = any(not one["old"] and one["severity"] == "error" for one in shown)
    count = answer["summary"]["integrations"]
    is_right = (status, count) == (int(fails), len(case.named))
    strange = (one for key, one in new.items() if key not in wanted)
    return replace(
        case,
        brought=len(new),
        about_change=sum(one["code"] in OF_A_CHANGE for one in shown),
        cut=len(lacking) - len(seen),
        lacking=tuple(sorted(f"{one.code} {one.path}: {one.message}" for one in seen)),
        added=tuple(sorted(f"{one['code']} {one['path']}: {one['message']}" for one in strange)),
        wrong="" if is_right else f"status {status}, {count} integrations",
    )


def table(cases: Sequence[Case]) -> str:
    """Return the counts, a line each."""
    rows = {
        "commits": len(cases),
        "commits that touch an integration": sum(bool(one.touched) for one in cases),
        "integrations named": sum(len(one.named) for one in cases),
        "of these with other findings": sum(len(one.named & one.changed) for one in cases),
        "of these for a file outside alone": sum(len(one.sharing) for one in cases),
        "commits with such a file": sum(bool(one.sharing) for one in cases),
        "surplus: a file changed, no finding did": sum(len(one.surplus & one.touched) for one in cases),
        "named without a change": sum(len(one.baseless) for one in cases),
        "misses": sum(len(one.misses) for one in cases),
        "new findings": sum(one.brought for one in cases),
        "lacking in --new": sum(len(one.lacking) for one in cases),
        "added by --new": sum(len(one.added) for one in cases),
        "not shown for the limit of a rule": sum(one.cut for one in cases),
        "findings about the change itself": sum(one.about_change for one in cases),
    }
    return "\n".join(f"| {name} | {count:,} |" for name, count in rows.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("history", type=Path, help="a repository with the history of port-labs/ocean")
    parser.add_argument("--count", type=int, default=200, help="how many commits to draw")
    parser.add_argument("--seed", type=int, default=14, help="the seed of the draw")
    parser.add_argument(
        "--skip", type=int, default=0, help="how many of the drawn commits an earlier run has judged"
    )
    given = parser.parse_args()
    cases = []
    with TemporaryDirectory(prefix="seatrial-commits-") as place:
        work = Path(place, "work")
        git(
            Path(place),
            "clone",
            "--quiet",
            "--shared",
            "--no-checkout",
            str(given.history.resolve()),
            str(work),
        )
        for commit, parent in drawn(work, given.count, given.seed)[given.skip :]:
            cases.append(judged(work, commit, parent))
            last = cases[-1]
            print(
                f"{given.skip + len(cases)} {commit[:10]}: {len(last.named)} named, {len(last.changed)} changed",
                *(last.outside if last.sharing else ()),
                file=sys.stderr,
            )
            print("\n".join(last.problems()), end="\n" if any(last.problems()) else "", flush=True)
    print(table(cases))
    return int(any(problem for one in cases for problem in one.problems()))


if __name__ == "__main__":
    sys.exit(main())
