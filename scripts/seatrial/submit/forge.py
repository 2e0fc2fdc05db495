"""Where pull requests are opened: the place of a repository, its addresses, and the commands of GitHub's `gh`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

_WEB = re.compile(r"(?:https?|ssh|git)://(?:[^@/]*@)?(?P<host>[^/:]+)(?::[0-9]+)?/(?P<path>.+)")
_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[A-Za-z0-9.-]+\.[A-Za-z0-9-]+):(?P<path>[^/].*)")
_PART = re.compile(r"[A-Za-z0-9._-]+")

LONGEST_ADDRESS = 7_000
"""Servers refuse longer ones; a body that would make the address longer is left out of it."""


@dataclass(frozen=True)
class RepositoryPlace:
    """A repository on a server: `owner` may have several parts on GitLab."""

    host: str
    owner: str
    name: str

    @classmethod
    def of(cls, address: str) -> RepositoryPlace | None:
        """Read the address of a remote; None for a folder and what has no owner and name."""
        match = _WEB.fullmatch(address) or _SCP.fullmatch(address)
        if match is None:
            return None
        *owner, name = match["path"].strip("/").removesuffix(".git").split("/")
        if not owner or not all(_PART.fullmatch(part) for part in (*owner, name)):
            return None
        return cls(match["host"].lower(), "/".join(owner), name)

    @property
    def is_gitlab(self) -> bool:
        """Whether the server is a GitLab, by its name."""
        return "gitlab" in self.host

    @property
    def slug(self) -> str:
        """The repository as `gh` names it."""
        return f"{self.host}/{self.owner}/{self.name}"


@dataclass(frozen=True)
class PullRequest:
    """A pull request: the branch of `fork` that goes into `target` of `upstream`, its title and its text."""

    upstream: RepositoryPlace
    fork: RepositoryPlace
    target: str
    branch: str
    title: str
    body: str

    @property
    def head(self) -> str:
        """The branch, with its owner where that is another one."""
        return self.branch if self.fork == self.upstream else f"{self.fork.owner}:{self.branch}"

    @property
    def address(self) -> str:
        """The page on which a person opens it, filled in as far as an address may be long."""
        full = self._address({"title": self.title, "body": self.body})
        return full if len(full) <= LONGEST_ADDRESS else self._address({"title": self.title})

    def _address(self, filled: dict[str, str]) -> str:
        if self.upstream.is_gitlab:
            keys = {"title": "merge_request[title]", "body": "merge_request[description]"}
            asked = {"merge_request[source_branch]": self.branch, "merge_request[target_branch]": self.target}
            asked |= {keys[key]: value for key, value in filled.items()}
            return f"https://{self.fork.host}/{self.fork.owner}/{self.fork.name}/-/merge_requests/new?{urlencode(asked)}"
        pair = f"{quote(self.target, safe='')}...{quote(self.head, safe=':')}"
        page = f"https://{self.upstream.host}/{self.upstream.owner}/{self.upstream.name}/compare/{pair}"
        return f"{page}?{urlencode({'expand': '1', **filled})}"


@dataclass(frozen=True)
class Open:
    """A pull request that is open: its number and its page."""

    number: int
    url: str


def asking(request: PullRequest) -> list[str]:
    """Return the command that lists the open pull requests of the branch."""
    return [
        *("gh", "pr", "list", "--repo", request.upstream.slug, "--head", request.branch, "--state", "open"),
        *("--base", request.target, "--json", "number,url,headRepositoryOwner"),
    ]


def found(said: bytes, request: PullRequest) -> Open | None:
    """Read what `asking` answers: the open pull request of the fork's branch. Raises ValueError for other answers."""
    try:
        rows = json.loads(said)
        for row in rows:
            if row["headRepositoryOwner"]["login"].lower() == request.fork.owner.lower():
                return Open(int(row["number"]), str(row["url"]))
    except (KeyError, TypeError, AttributeError, RecursionError) as strange:
        raise ValueError("gh answered in an unknown form") from strange
    return None


def opening(request: PullRequest, draft: bool) -> Sequence[str]:
    """Return the command that opens it; the text is read from standard input."""
    return [
        *("gh", "pr", "create", "--repo", request.upstream.slug, "--base", request.target),
        *("--head", request.head, f"--title={request.title}", "--body-file", "-"),
        *(["--draft"] if draft else []),
    ]


def updating(request: PullRequest, there: Open) -> Sequence[str]:
    """Return the command that gives an open one this title and text; the text is read from standard input.

    It is not `gh pr edit`, which reads projects as well, what the token of GitHub Actions may not.
    """
    at = request.upstream
    return [
        *("gh", "api", "--hostname", at.host, "--method", "PATCH", "--silent"),
        f"repos/{at.owner}/{at.name}/pulls/{there.number}",
        *("--raw-field", f"title={request.title}", "--field", "body=@-"),
    ]
