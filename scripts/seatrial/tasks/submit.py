"""The task `submit`: from a changed integration to an open pull request, asking before each effect outside."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, ServiceError, UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Integration, Profile, Severity, join
from seatrial.core.names import counted
from seatrial.core.printable import one_line
from seatrial.release.run.checks import lint_and_validate
from seatrial.submit.description import Brought, Checked, body, title
from seatrial.submit.forge import Open, RepositoryPlace, Request, asking, found, opening, updating
from seatrial.submit.plan import Clone, Made, SubmitPlan, SubmitStep, plan
from seatrial.system import git, process
from seatrial.tasks.choice import choose, deliver
from seatrial.tasks.cli import Ended, jobs_of, note, say
from seatrial.tasks.release_check import announcement
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release import Change
from seatrial.validate.rules import Rulebook
from seatrial.validate.since import Since, since
from seatrial.workspace.workspace import Workspace

TEMPLATES = (
    ".github/PULL_REQUEST_TEMPLATE.md",
    ".github/pull_request_template.md",
    "PULL_REQUEST_TEMPLATE.md",
    "docs/pull_request_template.md",
    ".gitlab/merge_request_templates/Default.md",
)
"""The places of a repository's template for the text of a pull request."""

HABIT = 50
"""The newest commits whose first lines show how titles begin in this repository."""

MOST_TEMPLATE = 50_000

SECONDS = 120

LINT = "LNT"
"""The family of the findings of lint."""


@dataclass(frozen=True)
class Submission:
    """What is submitted, and how."""

    workspace: Workspace
    integration: Integration
    compared: Since
    change: Change
    top: str
    target: str
    upstream: str
    fork: str
    draft: bool


def submit(
    integration: list[str],
    root: str | None,
    title: str | None,
    upstream: str | None,
    fork: str | None,
    branch: str | None,
    draft: bool,
    yes: bool,
    dry_run: bool,
    jobs: str | None,
    sandbox: str | None,
) -> None:
    """Check one integration, commit and push it, and open its pull request, or show what would be done."""
    if not (yes or dry_run or sys.stdin.isatty()):
        raise UsageError("there is nobody to ask here; type --yes to push and open, or --dry-run to look")
    ours = _read(integration, root, upstream, fork, draft)
    state = _state(ours)
    planned = plan(state, branch or "")
    brought = _brought(ours)
    habit = git.subjects(ours.workspace.root, ours.compared.base, HABIT, ours.workspace.settings.integrations)
    heading = _title(brought, habit, ours, title)
    checks, status = _checked(ours, jobs_of(jobs), sandbox)
    text = body(brought, checks, _proven(ours), _template(ours))
    request = _request(ours, planned, heading, text)
    failed = not (draft or all(check.passed for check in checks))
    if dry_run or not failed:
        _show(state, planned, heading, text, dry_run)
    if failed:
        note(
            "nothing was committed or pushed; mend what is above, or submit it as a draft with --draft (make: DRAFT=1)"
        )
        raise Ended(code=status)
    if not dry_run:
        _do(ours, state, planned, heading, text, request, yes)


def _read(
    names: list[str], root: str | None, upstream: str | None, fork: str | None, draft: bool
) -> Submission:
    choice = choose(root, names, None)
    workspace = choice.workspace
    if len(choice.integrations) != 1:
        raise UsageError(
            "a pull request is about one integration; name it with -i NAME, or type this in its folder"
        )
    (one,) = choice.integrations
    ours, theirs = _remotes(workspace.root, upstream, fork)
    target = git.remote_head(workspace.root, ours)
    if not target:
        raise ServiceError(f"the remote {ours} does not say which branch is its main one")
    git.fetch_branch(workspace.root, ours, target)
    compared = since(workspace, f"{ours}/{target}")
    changed = compared.changes([one]).get(one.path)
    if changed is None:
        raise UsageError(
            f"nothing is changed in {one.path or one.name} since {ours}/{target}; there is nothing to submit"
        )
    return Submission(workspace, one, compared, changed, _top(workspace), target, ours, theirs, draft)


def _top(workspace: Workspace) -> str:
    """Return the path of the workspace's root in its repository; empty at the top."""
    top = git.top(workspace.root)
    real = Path(workspace.root).resolve()
    return "" if real == top else real.relative_to(top).as_posix()


def _remotes(root: Path, upstream: str | None, fork: str | None) -> tuple[str, str]:
    """Return the remote that the pull request is for, and the one that is pushed to."""
    known = git.remotes(root)
    for stated in filter(None, (upstream, fork)):
        if stated not in known:
            raise UsageError(f'git knows no remote "{one_line(stated, 60)}"; `git remote -v` shows them')
    if not known:
        raise UsageError(
            "this clone has no remote; fork the repository, and type `git remote add origin ADDRESS-OF-YOUR-FORK` "
            "and `git remote add upstream ADDRESS-OF-THE-REPOSITORY`"
        )
    ours = upstream or next((name for name in ("upstream", "origin") if name in known), known[0])
    theirs = fork or next((name for name in ("fork", "origin") if name in known), ours)
    return ours, theirs


def _state(ours: Submission) -> Clone:
    root, one = ours.workspace.root, ours.integration
    head = git.head(root)
    known = {ours.target, git.remote_head(root, ours.fork)} - {""}
    uncommitted = git.changed(root, head.commit)
    below = join(one.path, "") if one.path else ""
    made = git.commits_since(root, ours.compared.base)
    pushed = git.remote_branch(root, ours.fork, head.branch) if head.branch else ""
    return Clone(
        name=one.name,
        folder=join(ours.top, one.path) if ours.top else one.path,
        branch=head.branch,
        upstream=ours.upstream,
        target=ours.target,
        fork=ours.fork,
        email=git.author_email(root),
        commits=[Made(commit.id, commit.email, commit.paths) for commit in made],
        uncommitted=[path for path in uncommitted if path.startswith(below)],
        elsewhere=[path for path in uncommitted if not path.startswith(below)],
        existing=git.branches(root),
        protected=known,
        pushed=pushed,
    )


def _brought(ours: Submission) -> Brought:
    facts = Facts.of(ours.workspace, ours.integration)
    intents = ours.change.announcing(facts.intents, facts.profile)
    titled = (facts.spec.root.text("title") if facts.spec else "") or ours.integration.name
    entries = [line.strip() for intent in intents for line in intent.text.splitlines()[:1]] or _newest(
        facts, ours
    )
    kind = "new" if ours.change.is_new else next((intent.type for intent in intents), "")
    if not kind and all(path.endswith(".md") for path in ours.change.paths):
        kind = "doc"
    return Brought(
        one_line(titled, 60), ours.integration.name, kind, announcement(facts, ours.change), entries
    )


def _newest(facts: Facts, ours: Submission) -> list[str]:
    """Return the lines of the changelog's newest entry, where the change brings it."""
    if facts.changelog is None or "CHANGELOG.md" not in ours.change.paths:
        return []
    newest = "\n" + facts.changelog.data.decode("utf-8", "replace")
    newest = newest.partition("\n## ")[2].partition("\n## ")[0]
    return [line[2:].strip() for line in newest.splitlines() if line.startswith("- ")][:20]


def _title(brought: Brought, habit: Sequence[str], ours: Submission, stated: str | None) -> str:
    return title(brought, habit, ours.workspace.profile is Profile.OCEAN, stated or "")


def _checked(ours: Submission, jobs: int, sandbox: str | None) -> tuple[list[Checked], int]:
    """Run the checks; return their results, and the status of a run that ends where one has failed."""
    one = ours.integration
    note(f"checking {one.path or one.name}")
    results = lint_and_validate(ours.workspace, [one], jobs, note, {one.path: ours.change}, sandbox)
    before = ours.compared.findings_before([one], Rulebook(ours.workspace.own).rules, jobs)
    outcome = results.outcome.comparing(ours.compared.rev, before)
    if outcome.findings:
        deliver(outcome, ours.workspace, "text", None)
    tallies = results.checks[one.path]
    checks = [
        _check("validate", outcome, tallies.validate.unjudged, lambda one: one.code[:3] != LINT),
        _check(
            "lint", outcome, tallies.lint.unjudged if tallies.lint else "", lambda one: one.code[:3] == LINT
        ),
    ]
    return checks, EXIT_FINDINGS if outcome.errors else EXIT_SERVICE


def _check(name: str, outcome: Outcome, unjudged: str, is_of: Callable[[Finding], bool]) -> Checked:
    """Return the result of a check: the findings that the change brings, or why it could not be run."""
    counts = Counter(one.severity for one in outcome.findings if is_of(one) and not one.old)
    errors, warnings = (counted(counts[one], one.value) for one in (Severity.ERROR, Severity.WARNING))
    said = f"{errors}, {warnings} that the change brings"
    return Checked(name, unjudged or said, not (unjudged or counts[Severity.ERROR]))


def _proven(ours: Submission) -> list[str]:
    """Return the words of boxes that the files prove: each new or changed kind has an example."""
    paths = ours.integration.paths()
    has_examples = any(path.startswith(("examples/", ".port/examples/")) for path in paths)
    return ["add example raw data"] if has_examples else []


def _template(ours: Submission) -> str:
    """Return the template of the repository as its main branch has it; empty for none."""
    folder = git.folder_at(git.top(ours.workspace.root), ours.compared.base, "")
    path = next((path for path in TEMPLATES if folder.entry(path)), None)
    return folder.read(path)[:MOST_TEMPLATE].decode("utf-8", "replace") if path else ""


def _request(ours: Submission, planned: SubmitPlan, heading: str, text: str) -> Request | None:
    """Return the pull request; None where the remotes are on no server that has such."""
    root = ours.workspace.root
    places = [RepositoryPlace.of(git.origin(root, remote) or "") for remote in (ours.upstream, ours.fork)]
    upstream, fork = places
    if upstream is None or fork is None:
        return None
    return Request(upstream, fork, ours.target, planned.branch, heading, text)


def _show(state: Clone, planned: SubmitPlan, heading: str, text: str, dry_run: bool) -> None:
    note("would do:" if dry_run else "to do:")
    for number, words in enumerate(planned.told(state), 1):
        note(f"  {number}. {words}")
    if state.elsewhere:
        note(f"  left as it is: {len(state.elsewhere)} changed files outside of {state.folder}")
    say(f"{one_line(heading, 300)}\n\n{_printable(text)}")


def _printable(text: str) -> str:
    return "".join(f"{one_line(line, 2000)}\n" for line in text.splitlines())


def _do(
    ours: Submission,
    state: Clone,
    planned: SubmitPlan,
    heading: str,
    text: str,
    request: Request | None,
    yes: bool,
) -> None:
    root = ours.workspace.root
    for step in planned.steps:
        if step.is_outside and not yes and not _agreed(step, state, planned):
            note("stopped there; type `seatrial submit` again to go on")
            raise Ended(code=EXIT_FINDINGS)
        if step is SubmitStep.BRANCH:
            git.start_branch(root, planned.branch)
            note(f"on the new branch {planned.branch}")
        elif step is SubmitStep.COMMIT:
            commit = git.commit_only(root, state.uncommitted, heading)
            note(f"committed {commit[:12]}")
        elif step is SubmitStep.PUSH:
            git.push_branch(root, state.fork, planned.branch)
            note(f"pushed {planned.branch} to {state.fork}")
        else:
            _open(request, text, ours)


def _agreed(step: SubmitStep, state: Clone, planned: SubmitPlan) -> bool:
    question = {
        SubmitStep.PUSH: f"push {planned.branch} to {state.fork}?",
        SubmitStep.OPEN: f"open the pull request for {state.target} of {state.upstream}?",
    }[step]
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _open(request: Request | None, text: str, ours: Submission) -> None:
    if request is None:
        note(f"the remotes are on no known server: open the pull request for {ours.target} there yourself")
        return
    try:
        note(_opened(request, text, ours.draft))
    except (ServiceError, ValueError) as reason:
        note(f"the pull request was not opened by gh: {reason}")
        note("open it here, everything is filled in:")
        say(f"{request.address}\n")


def _opened(request: Request, text: str, draft: bool) -> str:
    """Open the pull request, or bring the open one up to date. Raises ServiceError without `gh` or where it fails."""
    if request.upstream.is_gitlab:
        raise ServiceError("it is for GitHub")
    there = found(_gh(asking(request)), request)
    if isinstance(there, Open):
        _gh(updating(request, there), text)
        return f"brought up to date: {one_line(there.url, 300)}"
    said = _gh(opening(request, draft), text).decode(errors="replace").strip()
    return f"opened: {one_line(said.splitlines()[-1] if said else request.upstream.slug, 300)}"


def _gh(command: Sequence[str], text: str = "") -> bytes:
    """Run `gh` outside of the repository, so that it starts no program of it. Raises ServiceError."""
    with tempfile.TemporaryDirectory(prefix="seatrial-") as empty:
        env = {"GH_PROMPT_DISABLED": "1", "NO_COLOR": "1"}
        ran = process.run(command, cwd=Path(empty), env=env, seconds=SECONDS, feed=text.encode())
    if ran.status:
        lines = ran.err.decode(errors="replace").strip().splitlines()
        raise ServiceError(one_line(lines[-1] if lines else f"it ended with {ran.status}", 300))
    return ran.out
