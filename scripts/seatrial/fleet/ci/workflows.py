"""The texts of workflow files: what a repository's settings ask for, filled into the templates."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from textwrap import indent
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.core.settings import KEYLESS, ReleaseSettings
from seatrial.core.suggest import hint
from seatrial.fleet.ci.renewal import sealed
from seatrial.scaffold.skeleton import filled

ACTIONS: Mapping[str, str] = {
    "checkout": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "upload": "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0",
    "download": "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
    "cache_restore": "actions/cache/restore@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5",
    "cache_save": "actions/cache/save@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5",
    "login": "docker/login-action@4907a6ddec9925e35a0a9e82d7399ccc52663121 # v4.1.0",
    "qemu": "docker/setup-qemu-action@96fe6ef7f33517b61c61be40b68a1882f3264fb8 # v4.2.0",
    "buildx": "docker/setup-buildx-action@37fe631027851001ddb9b187196cc803df7f5f0e # v4.3.0",
}
"""The actions that workflows use, each by the commit of a version, since a tag can be moved and a commit cannot.

The version stands behind as a comment, which bots read that renew pins.
"""

PLACES: Mapping[str, str] = {"github": ".github/workflows", "gitlab": ".gitlab"}
"""The folder of a service's files, below the root of the checkout."""

COMMENTS = ("schedule", "workflow_run", "none")

_PINNED = re.compile(
    r"(?:[\w.-]+ ?@ ?)?git\+(?:https://|ssh://(?:\w+@)?|file://)(?:[\w.-]+(?::\d+)?)?/[\w.:/~+-]+@[0-9a-f]{40}"
    r"|[A-Za-z0-9][\w.-]*==[\w.!+]+"
    r"|(?:[\w.-]+ ?@ ?)?https://[\w.:/~%+-]+#sha256=[0-9a-f]{64}"
)
"""Requirements that are the same code tomorrow, a commit, a version of an index, a file with its hash; no password."""

_PLACE = re.compile(r"(?:([\w.-]+) ?@ ?)?((?:git\+|https:).+)")
"""The name of a requirement, if it is stated, and the address of its code."""

_FOLDER = re.compile(r"[\w][\w./-]*")
_BRANCH = re.compile(r"[\w][\w./-]*")

SECRETS: Mapping[str, tuple[str, ...]] = {
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    "gs": ("GOOGLE_SERVICE_ACCOUNT_KEY",),
    "az": ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"),
}
"""The secrets that a kind of store needs, by the scheme of its URL."""

_SCHEMES = {"gcs": "gs", "azure": "az", "abfs": "az", "abfss": "az"}

GITLAB_JOBS = 8
"""Jobs of a pipeline of GitLab, whose number cannot be worked out by an earlier job."""


@dataclass(frozen=True)
class WorkflowRequest:
    """What is asked for: `install` is a pinned requirement, empty in Seatrial's own repository, where make installs.

    `folder` is the root below the checkout, empty for the same. `most` limits the jobs of a check, empty for no
    limit. `comments` is one of COMMENTS. `cache` is the URL of the shared cache, empty for none.
    """

    service: str
    install: str
    release: ReleaseSettings
    branch: str
    folder: str = ""
    without: tuple[str, ...] = ()
    most: str = ""
    comments: str = COMMENTS[0]
    cache: str = ""

    @property
    def command(self) -> str:
        """Return what to type at the top of the checkout to have the same files again."""
        stated = {
            "--root": self.folder,
            "--install": self.install,
            "--without": ",".join(self.without),
            "--most": self.most,
            "--comments": self.comments if self.comments != COMMENTS[0] else "",
        }
        words = [word for flag, value in stated.items() if value for word in (flag, value)]
        return shlex.join(["seatrial", "ci.workflow", self.service, *words])


def must_be_known(service: str) -> None:
    """Raise UsageError for a service that has no workflow files, and where none is named."""
    if not service:
        raise UsageError("name a service, such as `seatrial ci.workflow github`, or gitlab")
    if service not in PLACES:
        raise UsageError(
            f'no workflows are known for "{service[:60]}"' + hint(service, PLACES, "type github or gitlab")
        )


def must_be_sound(order: WorkflowRequest) -> None:
    """Raise UsageError for what has no place in a workflow: it would be a command, or other code tomorrow."""
    must_be_known(order.service)
    if order.install and not _PINNED.fullmatch(order.install):
        raise UsageError(
            f'"{order.install[:200]}" does not pin what CI installs; name a commit, such as '
            "git+https://HOST/OWNER/seatrial@40-HEX-DIGITS, or a version, such as seatrial==1.2.3"
        )
    if order.comments not in COMMENTS:
        raise UsageError(
            f'comments are posted by {", ".join(COMMENTS)}, not "{order.comments[:60]}"'
            + hint(order.comments, COMMENTS)
        )
    for text, form, what in ((order.folder, _FOLDER, "folder"), (order.branch, _BRANCH, "branch")):
        if text and not form.fullmatch(text):
            raise UsageError(f'the {what} "{text[:60]}" has characters that do not belong into a workflow')


def files(order: WorkflowRequest) -> Mapping[str, str]:
    """Return the workflow files by their path below the checkout. Raises UsageError."""
    must_be_sound(order)
    found = filled(f"ci/{order.service}", _words(order))
    if not _registry(order.release):
        found.pop("seatrial-release.yml", None)
    if order.comments == "none":
        found.pop("seatrial-comment.yml", None)
    if not order.cache:
        found.pop("seatrial-cache.yml", None)
    place = PLACES[order.service]
    return {f"{place}/{name}": sealed(_tidy(text), order.command) for name, text in sorted(found.items())}


def _tidy(text: str) -> str:
    """Return a text without the empty lines that parts leave that are not wanted."""
    return re.sub(r"^ *\n(?= {4,}\S)", "", text, flags=re.M) if "\njobs:\n" in text else text


def _words(order: WorkflowRequest) -> dict[str, Any]:
    own = not order.install
    parts = filled("ci/parts", {})
    sandbox = indent(parts["sandbox.sh"].rstrip("\n"), " " * 10)
    return {
        "actions": ACTIONS,
        "own": own,
        "install": _install(order),
        "keyless": order.release.signing == KEYLESS,
        "signing_install": _signing_install(order),
        "without": ",".join(("release", *order.without)),
        "root": order.folder,
        "folder": f"{order.folder}/" if order.folder else "",
        "most": f" --most {order.most}" if order.most else "",
        "parallel": order.most or GITLAB_JOBS,
        "comments": order.comments,
        "branch": order.branch,
        "image": bool(_registry(order.release)),
        "post": parts["post.sh"].rstrip("\n"),
        "sandbox": f"      - name: Install the sandbox\n        run: |\n{sandbox}",
        "login": _login(order.release),
        "builder": _builder(order.release),
        "secrets": f"        env:\n{_secret_rows(order.release.store)}"
        if _secret_rows(order.release.store)
        else "",
        "secret_rows": _secret_rows(order.release.store),
        "cache": bool(order.cache),
        "cache_rows": _secret_rows(order.cache),
    }


def _install(order: WorkflowRequest) -> str:
    if order.service == "gitlab":
        lines = ["make setup", 'export PATH="$PWD/.venv/bin:$PATH"']
        return indent("\n".join(f"- {line}" for line in lines if not order.install), "    ") or (
            f"    - pip install --quiet {shlex.quote(order.install)}"
        )
    if order.install:
        return (
            f"      - name: Install Seatrial\n        run: pipx install --quiet {shlex.quote(order.install)}"
        )
    return (
        "      - name: Install Seatrial\n        run: |\n          make setup\n"
        '          echo "$PWD/.venv/bin" >>"$GITHUB_PATH"'
    )


_OWN_EXTRA = "uv pip install --quiet --python .venv --constraint locks/develop.txt sigstore"


def _signing_install(order: WorkflowRequest) -> str:
    """Return the installation for the job that signs, with the library that it needs where it does so without a key."""
    if order.release.signing != KEYLESS:
        return _install(order)
    if order.install:
        return _install(replace(order, install=_with_extra(order.install)))
    if order.service == "gitlab":
        return f"{_install(order)}\n    - {_OWN_EXTRA}"
    return f"{_install(order)}\n          .venv/bin/{_OWN_EXTRA}"


def _with_extra(install: str) -> str:
    """Return a requirement with the extra `keyless`."""
    if found := _PLACE.fullmatch(install):
        return f"{found[1] or 'seatrial'}[keyless] @ {found[2]}"
    package, _, version = install.partition("==")
    return f"{package}[keyless]=={version}"


def _registry(release: ReleaseSettings) -> str:
    """Return the host of the registry; empty where images stay on the machine."""
    host = release.image.split("/")[0] if release.image else ""
    return host if "." in host or ":" in host else "docker.io" if host else ""


def _login(release: ReleaseSettings) -> str:
    host = _registry(release)
    name, password = ("github.actor", "github.token")
    if host != "ghcr.io":
        name, password = ("secrets.SEATRIAL_REGISTRY_USERNAME", "secrets.SEATRIAL_REGISTRY_PASSWORD")
    return (
        f"      - uses: {ACTIONS['login']}\n        with:\n          registry: {host}\n"
        f"          username: ${{{{ {name} }}}}\n          password: ${{{{ {password} }}}}"
    )


def _builder(release: ReleaseSettings) -> str:
    """Return the steps that building needs: emulation for other platforms, buildx where docker builds for several.

    The builder `layers` runs nothing, and needs neither.
    """
    steps: list[str] = []
    if release.builder == "layers":
        return ""
    if set(release.platforms) - {"linux/amd64"}:
        steps.append(f"      - uses: {ACTIONS['qemu']}")
    if release.platforms and release.builder in ("", "docker"):
        steps.append(f"      - uses: {ACTIONS['buildx']}")
    return "\n".join(steps)


def _secret_rows(store: str) -> str:
    scheme = store.partition("://")[0]
    kind = _SCHEMES.get(scheme, scheme)
    rows = [f"          {name}: ${{{{ secrets.{name} }}}}" for name in SECRETS.get(kind, ())]
    return "\n".join(rows)
