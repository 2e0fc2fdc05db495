"""The task `submit`: from a changed integration to an open pull request, asking before each effect outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, ServiceError, UsageError
from seatrial.core.model import Integration, Profile, join
from seatrial.core.names import counted
from seatrial.core.printable import one_line
from seatrial.report.verdict import Section, SectionState, lines
from seatrial.system import git
from seatrial.tasks.check_sections import CheckOrder, judged, tell_unjudged
from seatrial.tasks.choice import Choice, choose, deliver
from seatrial.tasks.cli import Ended, jobs_of, note, say
from seatrial.tasks.own_code import seconds_of
from seatrial.tasks.pull_requests import (
    agreed,
    must_have_somebody_to_ask,
    open_or_renew,
    printable_text,
    request_of,
)
from seatrial.tasks.release_check import announcement
from seatrial.tasks.section_names import left_out
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release_change import Change
from seatrial.validate.since import Since, since
from seatrial.workspace.forge import PullRequest
from seatrial.workspace.pull_request import ChangeSummary, CheckResult, body, title
from seatrial.workspace.submission import BranchCommit, Clone, SubmitPlan, SubmitStep, plan
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


@dataclass(frozen=True)
class Submission:
    """The integration that is submitted, and the options for it."""

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
    without: str | None = None,
    timeout: str | None = None,
) -> None:
    """Check one integration, commit and push it, and open its pull request, or show what would be done."""
    unwanted, seconds = left_out(without), seconds_of(timeout)
    must_have_somebody_to_ask(yes, dry_run)
    ours = _read(integration, root, upstream, fork, draft)
    state = _state(ours)
    planned = plan(state, branch or "")
    brought = _brought(ours)
    habit = git.subjects(ours.workspace.root, ours.compared.base, HABIT, ours.workspace.settings.integrations)
    heading = _title(brought, habit, ours, title)
    choice = Choice(ours.workspace, [ours.integration], ours.compared)
    checks, status = _checked(CheckOrder(choice, unwanted, jobs_of(jobs), False, sandbox, seconds))
    text = body(brought, checks, _proven(ours), _template(ours))
    request = _request(ours, planned, heading, text)
    failed = not (draft or all(check.passed for check in checks))
    if dry_run or not failed:
        _show(state, planned, heading, text, dry_run)
    if failed:
        note("nothing was committed or pushed; mend what is above, or submit it as a draft with --draft")
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
            "a pull request is about one integration; name it with --integration NAME, or type this in its folder"
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
        commits=[BranchCommit(commit.id, commit.email, commit.paths) for commit in made],
        uncommitted=[path for path in uncommitted if path.startswith(below)],
        elsewhere=[path for path in uncommitted if not path.startswith(below)],
        existing=git.branches(root),
        protected=known,
        pushed=pushed,
    )


def _brought(ours: Submission) -> ChangeSummary:
    facts = Facts.of(ours.workspace, ours.integration)
    intents = ours.change.announcing(facts.intents, facts.profile)
    titled = (facts.spec.root.text("title") if facts.spec else "") or ours.integration.name
    entries = [line.strip() for intent in intents for line in intent.text.splitlines()[:1]] or _newest(
        facts, ours
    )
    kind = "new" if ours.change.is_new else next((intent.type for intent in intents), "")
    if not kind and all(path.endswith(".md") for path in ours.change.paths):
        kind = "doc"
    return ChangeSummary(
        one_line(titled, 60), ours.integration.name, kind, announcement(facts, ours.change), entries
    )


def _newest(facts: Facts, ours: Submission) -> list[str]:
    """Return the lines of the changelog's newest entry, where the change brings it."""
    if facts.changelog is None or "CHANGELOG.md" not in ours.change.paths:
        return []
    newest = "\n" + facts.changelog.data.decode("utf-8", "replace")
    newest = newest.partition("\n## ")[2].partition("\n## ")[0]
    return [line[2:].strip() for line in newest.splitlines() if line.startswith("- ")][:20]


def _title(brought: ChangeSummary, habit: Sequence[str], ours: Submission, stated: str | None) -> str:
    return title(brought, habit, ours.workspace.profile is Profile.OCEAN, stated or "")


def _checked(order: CheckOrder) -> tuple[list[CheckResult], int]:
    """Run what `check` runs; return the results, and the status of a run that ends where one has failed."""
    results, found = judged(order, only_new=True)
    tell_unjudged(results)
    if results.outcome.findings:
        deliver(results.outcome, order.choice.workspace, "text", None)
    for line in lines(found):
        note(line)
    checks = [_check(one) for one in found]
    return checks, EXIT_SERVICE if results.depends_on_service else EXIT_FINDINGS


def _check(section: Section) -> CheckResult:
    """Return the result of a check: how much the change brings, or why it was not run or is missing something."""
    counts = (counted(section.errors, "error"), counted(section.warnings, "warning"))
    said = "; ".join(section.reasons) or f"{counts[0]}, {counts[1]} that the change brings"
    return CheckResult(section.name, said, not section.is_missing, section.state is not SectionState.SKIPPED)


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


def _request(ours: Submission, planned: SubmitPlan, heading: str, text: str) -> PullRequest | None:
    """Return the pull request; None where the remotes are on no server that has such."""
    return request_of(
        ours.workspace.root, (ours.upstream, ours.fork), ours.target, planned.branch, heading, text
    )


def _show(state: Clone, planned: SubmitPlan, heading: str, text: str, dry_run: bool) -> None:
    note("would do:" if dry_run else "to do:")
    for number, words in enumerate(planned.told(state), 1):
        note(f"  {number}. {words}")
    if state.elsewhere:
        note(f"  left as it is: {len(state.elsewhere)} changed files outside of {state.folder}")
    say(f"{one_line(heading, 300)}\n\n{printable_text(text)}")


def _do(
    ours: Submission,
    state: Clone,
    planned: SubmitPlan,
    heading: str,
    text: str,
    request: PullRequest | None,
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
            open_or_renew(request, text, ours.draft, ours.target)


def _agreed(step: SubmitStep, state: Clone, planned: SubmitPlan) -> bool:
    return agreed(
        {
            SubmitStep.PUSH: f"push {planned.branch} to {state.fork}?",
            SubmitStep.OPEN: f"open the pull request for {state.target} of {state.upstream}?",
        }[step]
    )
