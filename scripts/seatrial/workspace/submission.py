"""The steps from a clone to an open pull request, or the reason why there can be none."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from seatrial.core.errors import UsageError
from seatrial.core.model import join
from seatrial.core.names import counted
from seatrial.core.printable import one_line

NAMED = 3
"""The most paths or addresses that a message names."""


class SubmitStep(enum.Enum):
    """The steps, in this order; the last two have effects outside of this machine."""

    BRANCH = "branch"
    COMMIT = "commit"
    PUSH = "push"
    OPEN = "open"

    @property
    def is_outside(self) -> bool:
        """Whether others see its effect."""
        return self in (SubmitStep.PUSH, SubmitStep.OPEN)


@dataclass(frozen=True)
class BranchCommit:
    """A commit of the branch: its id, the address of its author, and the paths it changes, from the root."""

    id: str
    email: str
    paths: Sequence[str]


@dataclass(frozen=True)
class Clone:
    """A clone with a changed integration in `folder`, a path from the root that is empty for the root itself.

    `branch` is the one checked out, empty for none. `commits` are those since the merge base with the branch `target`
    of the remote `upstream`, the newest first. `uncommitted` are the changed paths in the folder, `elsewhere` those
    outside of it. `existing` are the branches of the clone, `protected` those that are never pushed to. `pushed` is the
    commit of the branch on the remote `fork`, empty for none.
    """

    name: str
    folder: str
    branch: str
    upstream: str
    target: str
    fork: str
    email: str
    commits: Sequence[BranchCommit] = ()
    uncommitted: Sequence[str] = ()
    elsewhere: Sequence[str] = ()
    existing: Collection[str] = ()
    protected: Collection[str] = ()
    pushed: str = ""

    @property
    def head(self) -> str:
        """The newest commit of the branch; empty where it has none of its own."""
        return self.commits[0].id if self.commits else ""


@dataclass(frozen=True)
class SubmitPlan:
    """The steps to take, and the branch to submit."""

    branch: str
    steps: Sequence[SubmitStep]

    def told(self, state: Clone) -> Iterator[str]:
        """Yield each step in words."""
        files = counted(len(state.uncommitted), "file")
        words = {
            SubmitStep.BRANCH: f"make the branch {self.branch} here, with the uncommitted changes",
            SubmitStep.COMMIT: f"commit {files} of {state.folder or state.name}, and nothing else",
            SubmitStep.PUSH: f"push {self.branch} to the remote {state.fork}, without force",
            SubmitStep.OPEN: f"open a pull request for {state.target} of {state.upstream}, or renew the open one",
        }
        yield from (words[step] for step in self.steps)


def plan(state: Clone, wanted: str = "") -> SubmitPlan:
    """Return the steps; `wanted` names the branch to make, empty for the default name. Raises UsageError."""
    own = state.branch not in ("", state.target) and state.branch not in state.protected
    branch = state.branch if own and wanted in ("", state.branch) else wanted or f"integration/{state.name}"
    _must_be_free(state, branch)
    _must_be_ones_own(state)
    _must_be_one_integration(state)
    if not state.commits and not state.uncommitted:
        raise UsageError(
            f"nothing is changed in {state.folder or state.name} since {state.upstream}/{state.target}; "
            "there is nothing to submit"
        )
    return SubmitPlan(branch, tuple(_steps(state, branch)))


def _steps(state: Clone, branch: str) -> Iterator[SubmitStep]:
    if branch != state.branch:
        yield SubmitStep.BRANCH
    if state.uncommitted:
        yield SubmitStep.COMMIT
    if branch != state.branch or state.uncommitted or state.pushed != state.head:
        yield SubmitStep.PUSH
    yield SubmitStep.OPEN


def _must_be_free(state: Clone, branch: str) -> None:
    if branch in state.protected or branch == state.target:
        raise UsageError(
            f"{branch} is a main branch, which is never pushed to; name another one with --branch"
        )
    if branch != state.branch and branch in state.existing:
        raise UsageError(
            f"the branch {branch} exists already; type `git switch {branch}` to go on with it, "
            "or name another one with --branch"
        )


def _must_be_ones_own(state: Clone) -> None:
    others = sorted({made.email for made in state.commits if made.email.lower() != state.email.lower()})
    if others:
        raise UsageError(
            f"the branch {state.branch or 'that is checked out'} holds commits of {_listed(others)}, "
            f"and you are {state.email}; submit from a branch of your own: type `git switch -c NAME {state.upstream}/"
            f"{state.target}` and bring only your commits there"
        )


def _must_be_one_integration(state: Clone) -> None:
    below = join(state.folder, "") if state.folder else ""
    strange = sorted({path for made in state.commits for path in made.paths if not path.startswith(below)})
    if strange:
        raise UsageError(
            f"the commits of this branch change {_listed(strange)} outside of {state.folder}; "
            "a pull request is about one integration: move them to another branch"
        )


@dataclass(frozen=True)
class LivingBranch:
    """The branch of a pull request that is renewed from time to time, and the state of the clone.

    `here` is the commit that is checked out, `target_head` that of the branch `target` of the remote `remote`, `tip`
    that of the branch itself on the remote, empty for none. `authors` are the addresses of those who made the commits
    that only this branch has. `protected` are branches that are never pushed to.
    """

    name: str
    remote: str
    target: str
    here: str
    target_head: str
    email: str
    tip: str = ""
    authors: Sequence[str] = ()
    protected: Collection[str] = ()


def must_be_renewable(state: LivingBranch) -> None:
    """Raise UsageError if the branch may not be pushed to, or the checkout is not the head of its target."""
    if state.name in (state.target, *state.protected):
        raise UsageError(
            f"{state.name} is a main branch, which is never pushed to; name another one with --branch"
        )
    if state.here != state.target_head:
        raise UsageError(
            f"{state.target} of {state.remote} is at {state.target_head[:12]}, and {state.here[:12]} is checked out; "
            f"type `git switch {state.target}` and `git pull --ff-only {state.remote} {state.target}` first; "
            f"`git push {state.remote} {state.target}` brings there what only this clone has"
        )
    others = sorted({one for one in state.authors if one.lower() != state.email.lower()})
    if others:
        raise UsageError(
            f"the branch {state.name} of {state.remote} holds commits of {_listed(others)}, and you are {state.email}; "
            "it is not touched: merge its pull request, or close it and delete the branch, or name another one "
            "with --branch"
        )


def _listed(found: Sequence[str]) -> str:
    named = ", ".join(one_line(one, 100) for one in found[:NAMED])
    return named if len(found) <= NAMED else f"{named} and {len(found) - NAMED} more"
