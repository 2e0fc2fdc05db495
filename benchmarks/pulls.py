"""Pull requests of a real history: what Ocean's own workflows say of each, beside what `seatrial check` says.

    python benchmarks/pulls.py ../ocean --count 10 --seed 13 --poetry POETRY --python /usr/bin/python3.12

Draws squashed pull requests that change one or two integrations, of those after Ocean began to judge release intents.
Each is checked out, and the commands of its own workflows run by hand: release intent, changelog, version format,
`poetry install`, lint, unit tests, and the schema of the port-app-config. Then `seatrial check --since HEAD^`. Where a
workflow refuses, a section of `check` that judges the same must fail: a refusal without one is listed, and ends the
benchmark with status 1. Sections that fail without a refusal are named. Not run: builds of images, tests of the
framework and its documentation, titles, which the commit may have from the merge, and the comparison of the framework
with the newest on the package index, whose answer depends on the day.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from options import place
from processes import THIS, Run, run, seatrial
from slowway import Slow

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "intent": ("change", "version"),
    "changelog": ("version",),
    "version": ("version",),
    "lint": ("lint",),
    "unit": ("unit",),
    "schema": ("schema",),
}
"""For each workflow the sections of `check` that judge the same."""

FIRST = "c1ca253ef4"
"""The commit with which Ocean's workflows began to ask for release intents."""

VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(-(post1|dev|beta))?")
"""Source: Ocean's workflow `validate-integration-files.yml`."""

LOCAL_SCHEMA = ("ocean", "port-app-config", "schema", "-o", "/dev/null")

_CHANGED = re.compile(r"integrations/([a-z0-9][^/]*)/")


@dataclass(frozen=True)
class Pull:
    """A squashed pull request, checked out in `work`: its commit, and the integrations that it changes."""

    work: Path
    commit: str
    subject: str
    names: tuple[str, ...]

    def changed(self) -> list[str]:
        return git(self.work, "diff", "--name-only", "HEAD^", "HEAD").splitlines()


@dataclass(frozen=True)
class Verdict:
    """What a workflow said of an integration or, without a name, of the pull request; `said` is empty if it passed."""

    workflow: str
    name: str
    said: str


def git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode(errors="replace")


def pulls(work: Path) -> Iterator[Pull]:
    """Yield the pull requests to draw from, by commit."""
    log = git(work, "log", "--first-parent", "--format=%x00%H%x09%s", "--name-only", f"{FIRST}..HEAD")
    for entry in log.split("\0")[1:]:
        head, _, listed = entry.partition("\n")
        commit, _, subject = head.partition("\t")
        names = tuple(sorted({found[1] for path in listed.split() if (found := _CHANGED.match(path))}))
        if 1 <= len(names) <= 2 and "Bump]" not in subject:
            yield Pull(work, commit, subject, names)


def drawn(work: Path, count: int, seed: int, skip: int) -> list[Pull]:
    known = sorted(pulls(work), key=lambda one: one.commit)
    return random.Random(seed).sample(known, min(count, len(known)))[skip:]


def theirs(pull: Pull, slow: Slow, without: Sequence[str]) -> Iterator[Verdict]:
    """Yield what each workflow says, run by hand."""
    yield Verdict(
        "intent", "", failure(script(pull, "scripts/ci/validate_ocean_release.py", "--base", "HEAD^"))
    )
    logs = [path for path in pull.changed() if path.endswith("CHANGELOG.md") and (pull.work / path).exists()]
    for path in logs if (pull.work / "scripts/validate_changelog.py").exists() else []:
        owner = _CHANGED.match(path)
        if owner:
            ran = script(pull, "scripts/validate_changelog.py", "--paths", path)
            yield Verdict("changelog", owner[1], failure(ran))
    for name in pull.names:
        folder = pull.work / "integrations" / name
        if (folder / "pyproject.toml").exists():
            yield from of_integration(folder, slow, without)


def of_integration(folder: Path, slow: Slow, without: Sequence[str]) -> Iterator[Verdict]:
    """Yield what the workflows say that run for each changed integration."""
    stated = re.search(r'^version = "(.*)"', (folder / "pyproject.toml").read_text(), re.MULTILINE)
    is_version = stated is not None and VERSION.fullmatch(stated[1])
    yield Verdict("version", folder.name, "" if is_version else f"{stated and stated[1]} is no version")
    if {"lint", "unit", "schema"} - {*without}:
        slow.install(folder)
    if "lint" not in without:
        for tool, ran in slow.lint(folder).items():
            yield Verdict("lint", folder.name, failure(ran, f"{tool}: "))
    if "unit" not in without:
        yield Verdict("unit", folder.name, failure(tool_of(slow, folder, "pytest", "-n", "auto")))
    if "schema" not in without:
        yield Verdict("schema", folder.name, failure(tool_of(slow, folder, *LOCAL_SCHEMA)))


def tool_of(slow: Slow, folder: Path, program: str, *arguments: str) -> Run:
    return run((str(folder / ".venv" / "bin" / program), *arguments), folder, slow.environ(folder))


def script(pull: Pull, path: str, *arguments: str) -> Run:
    return run(
        (sys.executable, path, *arguments), pull.work, {"PATH": os.defpath, "HOME": str(pull.work.parent)}
    )


def failure(ran: Run, prefix: str = "") -> str:
    """Return the last line of a run that failed; empty if it did not."""
    lines = (ran.out + ran.err).strip().splitlines()
    return f"{prefix}{ran.status}: {lines[-1] if lines else ''}" if ran.status else ""


def ours(pull: Pull, without: Sequence[str], cache: Path) -> dict[str, Any]:
    """Return the answer of `seatrial check`. Raises SystemExit without one."""
    words = ["check", "--root", str(pull.work), "--since", "HEAD^", "--format", "json", "--jobs", "2"]
    words += ["--without", ",".join(without)] if without else []
    ran = seatrial(THIS, pull.work, "-m", "seatrial", *words, SEATRIAL_CACHE=str(cache))
    try:
        return dict(json.loads(ran.out))
    except ValueError:
        raise SystemExit(f"{pull.commit[:10]}: check ends with {ran.status}: {ran.err[-1500:]}") from None


def failing(answer: Mapping[str, Any]) -> set[str]:
    """Return the sections of `check` that are missing something."""
    return set(answer["missing"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("history", type=Path, help="a repository with the history of port-labs/ocean")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--skip", type=int, default=0, help="leave out the first ones that are drawn")
    parser.add_argument("--poetry", type=place, required=True)
    parser.add_argument(
        "--python", type=place, required=True, help="the interpreter for Poetry's environments"
    )
    parser.add_argument("--without", default="", help="of lint, unit and schema, separated by commas")
    given = parser.parse_args()
    without = [one for one in given.without.split(",") if one]
    unforetold = 0
    with TemporaryDirectory(prefix="seatrial-pulls-") as folder:
        base = Path(folder)
        work, home = base / "work", base / "home"
        home.mkdir()
        git(base, "clone", "--quiet", "--shared", "--no-checkout", str(given.history.resolve()), str(work))
        slow = Slow(given.poetry, given.python, home)
        for pull in drawn(work, given.count, given.seed, given.skip):
            git(work, "checkout", "--quiet", "--force", "--detach", pull.commit)
            git(work, "clean", "-qffdx")
            answer = ours(pull, without, base / "cache")
            found, refused = failing(answer), [one for one in theirs(pull, slow, without) if one.said]
            known = {section for one in refused for section in SECTIONS[one.workflow]}
            print(f"{pull.commit[:10]} {', '.join(pull.names)}: {pull.subject}")
            for one in refused:
                is_told = not found.isdisjoint(SECTIONS[one.workflow])
                unforetold += not is_told
                print(
                    f"  {'both refuse' if is_told else 'NOT FORETOLD'}: {one.workflow} {one.name}: {one.said}"
                )
            for finding in answer["findings"]:
                if finding["severity"] == "error":
                    print(f"  ours: {finding['code']} {finding['path']}: {finding['message'][:110]}")
            for one in answer["checks"]:
                if one["name"] in found - known:
                    reason = "; ".join(one["reasons"]) or f"{one['errors']} errors"
                    print(f"  only ours: {one['name']}: {reason[:200]}", flush=True)
    print(f"{unforetold} refusals that check did not foretell")
    return int(unforetold > 0)


if __name__ == "__main__":
    sys.exit(main())
