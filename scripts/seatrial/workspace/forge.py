"""Repositories on a forge, and the addresses and `gh` commands by which pull requests are opened there."""

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
"""The most characters of an address, as servers refuse longer ones; a body that does not fit is left out."""


@dataclass(frozen=True)
class RepositoryPlace:
    """A repository on a server: `owner` may have several parts on GitLab."""

    host: str
    owner: str
    name: str

    @classmethod
    def of(cls, address: str) -> RepositoryPlace | None:
        """Read the address of a remote; None for a folder, and for an address without owner and name."""
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
    """A pull request of a branch of `fork` to the branch `target` of `upstream`, with its title and text."""

    upstream: RepositoryPlace
    fork: RepositoryPlace
    target: str
    branch: str
    title: str
    body: str

    @property
    def head(self) -> str:
        """The branch, with the owner of the fork if that is another repository."""
        return self.branch if self.fork == self.upstream else f"{self.fork.owner}:{self.branch}"

    @property
    def address(self) -> str:
        """The page on which a person opens it, filled in, but for a text that is too long for an address."""
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
class OpenRequest:
    """An open pull request: its number and the address of its page."""

    number: int
    url: str


def list_command(request: PullRequest) -> list[str]:
    """Return the command that lists the open pull requests of the branch."""
    return [
        *("gh", "pr", "list", "--repo", request.upstream.slug, "--head", request.branch, "--state", "open"),
        *("--base", request.target, "--json", "number,url,headRepositoryOwner"),
    ]


def open_request_in(said: bytes, request: PullRequest) -> OpenRequest | None:
    """Return the open pull request of the fork's branch from the answer to `list_command`. Raises ValueError."""
    try:
        rows = json.loads(said)
        for row in rows:
            if row["headRepositoryOwner"]["login"].lower() == request.fork.owner.lower():
                return OpenRequest(int(row["number"]), str(row["url"]))
    except (KeyError, TypeError, AttributeError, RecursionError) as strange:
        raise ValueError("gh answered in an unknown form") from strange
    return None


def create_command(request: PullRequest, draft: bool) -> Sequence[str]:
    """Return the command that opens it; the text is read from standard input."""
    return [
        *("gh", "pr", "create", "--repo", request.upstream.slug, "--base", request.target),
        *("--head", request.head, f"--title={request.title}", "--body-file", "-"),
        *(["--draft"] if draft else []),
    ]


def update_command(request: PullRequest, there: OpenRequest) -> Sequence[str]:
    """Return the command that gives an open one this title and text; the text is read from standard input.

    It is not `gh pr edit`, as that also reads projects, for which the token of GitHub Actions has no permission.
    """
    at = request.upstream
    return [
        *("gh", "api", "--hostname", at.host, "--method", "PATCH", "--silent"),
        f"repos/{at.owner}/{at.name}/pulls/{there.number}",
        *("--raw-field", f"title={request.title}", "--field", "body=@-"),
    ]
