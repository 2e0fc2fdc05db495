"""The context of a release: the workspace, the services it publishes to, and the folder of its own files."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Profile
from seatrial.core.names import shown
from seatrial.core.settings import ReleaseSettings
from seatrial.release.places import must_not_be_linked, own_folder
from seatrial.release.plan.index import Habits
from seatrial.release.plan.plan import Part, Plan
from seatrial.release.plan.plan_files import plan_of_json, receipt_of_json
from seatrial.release.plan.ports import Images, Store
from seatrial.release.registry import open_images
from seatrial.release.store import open_store
from seatrial.release.store.leases import Holder
from seatrial.system import git
from seatrial.system.atomic import write_whole
from seatrial.system.folder import read_plain
from seatrial.workspace.committed import workspace_at
from seatrial.workspace.workspace import Workspace

DIST = "dist"

OCEAN_GROWTH = 7.0
"""The percentage of growth that Ocean's own workflow admits (`SIZE_INCREASE_THRESHOLD` in its ci.yml)."""
IGNORE = ".gitignore"

_ARG_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class ReleaseContext:
    """A workspace and the services of its releases. `settings` include those given on the command line.

    With `head`, the commit that is checked out, the workspace is as that commit has it. With `place`, the folder
    that a rehearsal writes to instead of `dist`, no git tag is read or set.
    """

    workspace: Workspace
    settings: ReleaseSettings
    images: Images
    store: Store
    head: git.Head | None = None
    place: Path | None = None

    @property
    def root(self) -> Path:
        """The root of the workspace."""
        return self.workspace.root

    @property
    def folder(self) -> Path:
        """The folder of journal, receipts, logs and builds."""
        return self.dist / "release"

    @property
    def dist(self) -> Path:
        """The folder of everything that releases leave on this machine."""
        return self.place or self.root / DIST

    @property
    def own_folders(self) -> Sequence[Path]:
        """The folders that its releases write to and read back."""
        local = (("images", self.settings.image), ("registry", self.settings.store))
        return [self.folder, *(self.dist / name for name, remote in local if not remote)]

    @property
    def own_places(self) -> Sequence[str]:
        """The paths of the own folders that lie below the root."""
        below = (one for one in self.own_folders if one.is_relative_to(self.root))
        return [one.relative_to(self.root).as_posix() for one in below]

    @property
    def pushes_tags(self) -> bool:
        """True if git tags leave this machine: images do, a remote is configured, and it is not a rehearsal."""
        return bool(self.settings.image and self.settings.remote and not self.place)

    @property
    def max_growth(self) -> float | None:
        """The percentage by which an image may be larger than that of the version before; None for any."""
        stated = self.settings.max_growth
        return OCEAN_GROWTH if stated is None and self.workspace.profile is Profile.OCEAN else stated

    @property
    def habits(self) -> Habits:
        """The steps that only Ocean's own release job takes: all in its profile, unless the settings say otherwise."""
        names = [one.name for one in fields(Habits)]
        stated = {name: getattr(self.settings, name) for name in names}
        usual = self.workspace.profile is Profile.OCEAN
        return Habits(**{name: usual if value is None else value for name, value in stated.items()})

    def stored_at(self, key: str) -> str:
        """Return the address of a key of the store: a URL, or a path below the root."""
        return f"{self.settings.store.rstrip('/') or self._shown('registry')}/{key}"

    def image_at(self, name: str) -> str:
        """Return the address of a repository of images: its name, or a path below the root."""
        return name if self.settings.image else f"{self._shown('images')}/{name}"

    def _shown(self, name: str) -> str:
        folder = self.dist / name
        return str(folder.relative_to(self.root) if folder.is_relative_to(self.root) else folder)

    def build_args_of(self, part: Part) -> dict[str, str]:
        """Return the build args of a part: the integration's folder and version, and those of the settings."""
        candidate = part.candidate
        own = {"BUILD_CONTEXT": candidate.path or ".", "INTEGRATION_VERSION": candidate.version}
        return {**own, **self.settings.build_args}

    def build_folder(self, plan: Plan, part: Part, source: str) -> Path:
        """Return the folder of a build, named after everything that goes into the image."""
        candidate = part.candidate
        made_from = (
            plan.commit,
            plan.committed,
            plan.shared,
            source,
            candidate.tree,
            candidate.dockerfile,
            sorted(self.build_args_of(part).items()),
            self.settings.platforms,
        )
        key = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:16]
        return self.folder / "builds" / f"{candidate.type}-{candidate.version}-{key}"

    def repository(self, type: str) -> str:
        """Return the repository of a type's images; below `dist/images` it is the type itself."""
        return self.settings.image.replace("{type}", type) if self.settings.image else type


def open_context(
    workspace: Workspace, builder: str | None = None, build_args: Sequence[str] = ()
) -> ReleaseContext:
    """Return the context of a release of the commit that is checked out, whatever the work tree has.

    `builder` and `build_args` are those of the command line. Raises UsageError where they are not valid, and
    where git has no commit, one that is on no branch, or a work tree that differs from it.
    """
    head = git.head(workspace.root)
    _must_be_on_branch(head)
    _must_be_clean(workspace.root)
    context = open_services(workspace_at(workspace, head.commit), builder, build_args)
    return replace(context, head=head)


def _must_be_builder(name: str) -> None:
    from seatrial.release.builders.available import NAMES  # slow to import

    if name not in NAMES:
        raise UsageError(f'a builder is {", ".join(NAMES)}, not "{name[:60]}"')


def open_services(
    workspace: Workspace, builder: str | None = None, build_args: Sequence[str] = ()
) -> ReleaseContext:
    """Return the context of what needs no commit, by the settings of this workspace. Raises UsageError."""
    if builder:
        _must_be_builder(builder)
    stated = workspace.settings.release
    settings = replace(
        stated,
        builder=builder or stated.builder,
        build_args={**stated.all_build_args, **parse_args(build_args)},
    )
    dist = workspace.root / DIST
    for name in ("images", "registry", "release"):
        must_not_be_linked(dist / name, workspace.root)
    images = open_images(settings.image, dist / "images")
    return ReleaseContext(workspace, settings, images, open_store(settings.store, dist / "registry"))


def _must_be_on_branch(head: git.Head) -> None:
    if not head.on_branch:
        raise UsageError(
            f"HEAD is detached at {head.commit[:12]}, which is on no branch and could get lost; check out "
            "a branch, or fetch the one that has it"
        )


def _must_be_clean(root: Path) -> None:
    """Raise UsageError for changes that are not committed, other than the new files of plans and receipts."""
    changed = [path for path in git.dirty(root) if not _is_of_release(root, path)]
    if changed:
        others = f" and {len(changed) - 1} more" if changed[1:] else ""
        raise UsageError(
            f"{changed[0]}{others} {'are' if others else 'is'} not committed; what is released is a commit: "
            "commit it, or put it away with `git stash -u`"
        )


def _is_of_release(root: Path, path: str) -> bool:
    """Return whether a file is a plan or a receipt of a release that git does not track."""
    if not path.endswith(".json") or git.tracks(root, path):
        return False
    try:
        data = read_plain(os.path.join(root, path))
    except (OSError, Unreadable):
        return False
    return any(_reads(read, data, path) for read in (plan_of_json, receipt_of_json))


def _reads(read: Callable[[bytes, str], object], data: bytes, path: str) -> bool:
    try:
        read(data, path)
    except UsageError:
        return False
    return True


def hide_from_git(context: ReleaseContext) -> None:
    """Make the folders of releases' own files, and have git ignore them. Raises UsageError and ServiceError."""
    for place in context.own_folders:
        folder = own_folder(place, context.root)
        ignore = folder / IGNORE
        is_below = folder.is_relative_to(context.root)
        if is_below and not ignore.exists() and not git.ignores(context.root, str(ignore)):
            write_whole(ignore, "*\n", root=context.root)


def parse_args(stated: Sequence[str]) -> dict[str, str]:
    """Return build args typed as NAME=VALUE, or as NAME alone with the value in the environment.

    Raises UsageError for anything else, without the value.
    """
    found = {}
    for number, text in enumerate(stated, start=1):
        name, equals, value = text.partition("=")
        if equals and not _ARG_NAME.fullmatch(name):
            raise UsageError(
                f'a build arg is NAME=VALUE, and "{shown(name)}" is not a name; use letters, digits and "_"'
            )
        found[name] = value if equals else _from_environment(name, number)
    return found


def _from_environment(name: str, number: int) -> str:
    """Return the value of a variable. The message does not repeat the name, which may be a value typed alone."""
    if not _ARG_NAME.fullmatch(name) or name not in os.environ:
        raise UsageError(
            f"a build arg is NAME=VALUE, or the NAME of a variable of the environment; number {number} has no =, "
            "and there is no variable of that name"
        )
    return os.environ[name]


def holder(lock: Path) -> Holder:
    """Return the lease holder of this release, named as a release that waits for it shows it.

    Releases that hold a lock file one after the other may take over each other's leases. The lock is identified
    by the machine's boot and the file's number, so that a copy of a checkout is not mistaken for it.
    """
    name = person({})
    try:
        boot, file = _BOOT.read_text().strip(), lock.stat()
    except OSError:
        return Holder.anyone(name)
    return Holder(name, f"{boot}-{file.st_dev}-{file.st_ino}")


def person(environment: Mapping[str, str]) -> str:
    """Return the name of the person for a record: the one who started the run in CI, else the user of this machine."""
    started = environment.get("GITHUB_ACTOR") or environment.get("GITLAB_USER_LOGIN")
    return f"{started or _user()}@{'CI' if started else socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def unpushed(context: ReleaseContext) -> str:
    """Return why the remote lacks the commit on the release branch; empty where it has it, or no tag is pushed.

    The branch is fetched if it does not show the commit here. Raises ServiceError if the remote does not answer.
    """
    if not context.pushes_tags or context.head is None:
        return ""
    remote, commit = context.settings.remote, context.head.commit
    branch = release_branch(context)
    if not branch:
        return f"{remote} has no default branch; name the one that versions are released from as `branch`"
    if _has(context, f"refs/remotes/{remote}/{branch}"):
        return ""
    git.fetch_branch(context.root, remote, branch)
    if _has(context, f"refs/remotes/{remote}/{branch}"):
        return ""
    return (
        f"{commit[:12]} is not on the branch {branch} of {remote}, from which versions are released; merge it "
        f"there, or push it with `git push {remote} HEAD:{branch}`; another branch is named as `branch`"
    )


def release_branch(context: ReleaseContext) -> str:
    """Return the branch of the settings, or else the remote's default one; empty where it has none."""
    remote = context.settings.remote
    known = git.default_branch(context.root, remote) or ""
    return (
        context.settings.branch or known.removeprefix(f"{remote}/") or git.remote_head(context.root, remote)
    )


def must_be_pushed(context: ReleaseContext, allowed: bool) -> str:
    """Return why the commit is not on the release branch, if that is allowed; raise UsageError if not."""
    why = unpushed(context)
    if why and not allowed:
        raise UsageError(f"{why} below [release]; or release it all the same with --allow-unpushed")
    return why


def _has(context: ReleaseContext, ref: str) -> bool:
    """Return whether a branch has the commit; a shallow clone is deepened as far as needed."""
    tip = git.find(context.root, ref)
    head = context.head.commit if context.head else ""
    if tip is None or tip == head:
        return tip is not None
    try:
        return git.merge_base(context.root, tip) == head
    except UsageError:
        return False
