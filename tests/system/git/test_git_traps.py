"""No call of git starts a program that a folder, a repository's settings or its attributes name."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system import git
from support.repositories import PERSON, commit, put, start
from support.repositories import git as say

HOOKS = (
    "post-index-change", "reference-transaction", "pre-push", "pre-auto-gc", "post-checkout", "post-rewrite",
    "pre-commit", "fsmonitor-watchman", "pre-receive", "update", "post-receive", "post-update", "push-to-checkout",
)  # fmt: skip

VERBS = (
    "rev-parse", "rev-list", "ls-files", "ls-tree", "cat-file", "check-ignore", "check-attr", "config", "diff", "tag",
    "remote", "show-ref", "for-each-ref", "merge-base", "symbolic-ref", "fetch", "push", "ls-remote", "var", "co",
)  # fmt: skip
"""The commands that an alias tries to replace."""


@dataclass(frozen=True)
class Traps:
    """Programs that leave a file, named for the trap, in one folder."""

    folder: Path

    def program(self, name: str) -> str:
        """Return the path of a program for the trap `name`; it passes its input on."""
        path = self.folder / "programs" / name.replace("/", "_")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\n: >"{self.folder}/sprung/{path.name}"\nexec cat\n')
        path.chmod(0o755)
        (self.folder / "sprung").mkdir(exist_ok=True)
        return str(path)

    def sprung(self) -> set[str]:
        """Return the names of the traps that were sprung since the last call."""
        found = set(os.listdir(self.folder / "sprung"))
        for name in found:
            (self.folder / "sprung" / name).unlink()
        return found


def settings(traps: Traps, where: str) -> Mapping[str, str]:
    """Return all the settings by which git would start a program in a local call."""
    named = {
        key: traps.program(f"{where}-{key}")
        for key in (
            *(
                "filter.f.clean",
                "filter.f.smudge",
                "filter.a=b.clean",
                "filter.a=b.smudge",
                "filter.p.process",
            ),
            *("core.fsmonitor", "core.pager", "core.editor", "core.askPass", "core.alternateRefsCommand"),
            *(
                "core.sshCommand",
                "core.gitProxy",
                "sequence.editor",
                "credential.helper",
                "interactive.diffFilter",
            ),
            *("diff.external", "diff.d.textconv", "diff.d.command", "merge.m.driver", "trailer.t.command"),
            *("gpg.program", "gpg.ssh.program", "gpg.ssh.defaultKeyCommand", "uploadpack.packObjectsHook"),
            *(f"pager.{verb}" for verb in VERBS),
            *(f"hook.{event}-all.command" for event in HOOKS),
        )
    }
    flags = (
        "filter.f.required",
        "filter.a=b.required",
        "tag.gpgSign",
        "tag.forceSignAnnotated",
        "push.gpgSign",
    )
    return {
        **named,
        **dict.fromkeys(
            (*flags, "log.showSignature", "gc.auto", "protocol.allow", "protocol.file.allow"), "1"
        ),
        "protocol.allow": "always",
        "protocol.file.allow": "always",
        "protocol.ext.allow": "always",
        **{f"alias.{verb}": f"!{traps.program(f'{where}-alias.{verb}')}" for verb in VERBS},
        **{f"hook.{event}-all.event": event for event in HOOKS},
        "core.attributesFile": "../attributes",
        "submodule.s.update": f"!{traps.program(f'{where}-submodule')}",
        "url.ext::sh -c %S.insteadOf": "nobody:",
    }


def set_all(config: Path, found: Mapping[str, str]) -> None:
    """Add settings to a file."""
    with config.open("a") as file:
        for key, value in found.items():
            section, _, rest = key.partition(".")
            name, _, last = rest.rpartition(".")
            head = f'{section} "{name}"' if name else section
            file.write(f'[{head}]\n\t{last} = "{value}"\n')


def hooks(folder: Path, traps: Traps, where: str) -> None:
    """Fill a folder of hooks with traps."""
    folder.mkdir(parents=True, exist_ok=True)
    for event in HOOKS:
        (folder / event).unlink(missing_ok=True)
        (folder / event).symlink_to(traps.program(f"{where}-{event}"))


def bare(folder: Path, traps: Traps, model: Path) -> None:
    """Make a folder a repository to git's own search, with every trap and a commit of its own."""
    where = folder.name
    shutil.copytree(model / ".git", folder, dirs_exist_ok=True)
    worktree = {} if where == ".git" else {"core.worktree": "."}
    set_all(folder / "config", {**settings(traps, where), "core.bare": "false", **worktree})
    (folder / "info" / "attributes").write_text(ATTRIBUTES)
    hooks(folder / "hooks", traps, where)


ATTRIBUTES = (
    "*.py filter=f diff=d merge=m export-subst ident\n*.eq filter=a=b\n*.p filter=p\nout export-ignore\n"
)


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Traps:
    return Traps(tmp_path_factory.mktemp("traps"))


@pytest.fixture(scope="module")
def world(traps: Traps) -> SimpleNamespace:
    """A workspace below the top of a repository, both full of traps, with a remote, and what to compare with."""
    top = start(traps.folder / "repo")
    root = top / "below"
    base = commit(
        top,
        {".gitignore": ".venv/\n", "below/integrations/x/main.py": "1", "below/c.eq": "1", "below/d.p": "1"},
    )
    say(top, "init", "-q", "--bare", str(traps.folder / "remote.git"))
    say(top, "remote", "add", "origin", f"file://{traps.folder / 'remote.git'}")
    say(top, "push", "-q", "origin", "main")
    say(top, "remote", "set-head", "origin", "main")
    made = commit(
        top, {".gitattributes": ATTRIBUTES, "below/integrations/x/b.py": "2", "below/out": "$Format:%H$"}
    )
    say(top, "push", "-q", "origin", "main:feature")
    shutil.copytree(top / ".git" / "objects", traps.folder / "alternate" / "objects")
    (traps.folder / "alternate" / "refs").mkdir()
    (traps.folder / "alternate" / "HEAD").write_text("ref: refs/heads/main\n")
    (top / ".git" / "objects" / "info" / "alternates").write_text(
        f"{traps.folder / 'alternate' / 'objects'}\n"
    )
    model = start(traps.folder / "model")
    commit(model, {"a": "1", "main.py": "theirs"})
    say(model, "tag", "-a", "-m", "theirs", "their-tag")
    for name in (
        "",
        "integrations/x",
        "integrations/x/.venv",
        "integrations/x.git",
        "integrations/x/deep/.git",
    ):
        bare(root / name, traps, model)
    put(
        root,
        {
            "integrations/y/.git": "gitdir: ../x\n",
            "integrations/y/main.py": "1",
            ".gitattributes": ATTRIBUTES,
        },
    )
    own = top / ".git"
    set_all(own / "config", settings(traps, "own"))
    (own / "info" / "attributes").write_text(ATTRIBUTES)
    (top / "attributes").write_text(ATTRIBUTES)
    hooks(own / "hooks", traps, "own")
    hooks(top / "hooks", traps, "path")
    set_all(own / "config", {"core.hooksPath": str(top / "hooks")})
    put(root, {"integrations/x/main.py": "changed", "c.eq": "2", "d.p": "2"})
    traps.sprung()
    return SimpleNamespace(top=top, base=base, made=made, folder=traps.folder)


def tempted(world: SimpleNamespace, path: str) -> Path:
    """Return a new place to write to."""
    place: Path = world.folder / path
    shutil.rmtree(place, ignore_errors=True)
    return place


X = "integrations/x"


def track_exported(at: SimpleNamespace) -> None:
    folder = tempted(at, "tracked")
    git.export(at.root, at.made, folder)
    git.track_export(at.root, at.made, folder)


def plain_change(at: SimpleNamespace) -> str:
    """A changed file that no attribute puts under a filter."""
    path = f"{at.below}{X}/changed-{os.urandom(4).hex()}"
    (at.root / path).write_text("x\n")
    return path


def fresh_branch(at: SimpleNamespace) -> str:
    """A new branch that is checked out."""
    name = f"branch-{os.urandom(4).hex()}"
    git.start_branch(at.root, name)
    return name


def committed_beside(at: SimpleNamespace) -> str:
    """A commit that no branch has, of a file that is changed and one that is removed."""
    kept, removed = plain_change(at), plain_change(at)
    git.commit_only(at.root, [kept, removed], "x")
    return git.commit_beside(at.root, {kept: b"y\n", removed: None}, ["HEAD", at.base], "x")


CALLS: dict[str, Callable[[SimpleNamespace], object]] = {
    "authored": lambda at: git.authored(at.root, at.base, at.below + X, 9),
    "changed_between": lambda at: git.changed_between(at.root, at.base, at.made),
    "commit_beside": committed_beside,
    "emails_between": lambda at: git.emails_between(at.root, at.base, at.made),
    "must_be_branch_name": lambda at: git.must_be_branch_name("x"),
    "push_commit": lambda at: git.push_commit(
        at.root, "origin", committed_beside(at), f"x-{os.urandom(4).hex()}"
    ),
    "author_email": lambda at: git.author_email(at.root),
    "branches": lambda at: git.branches(at.root),
    "commit_only": lambda at: git.commit_only(at.root, [plain_change(at)], "x"),
    "commits_since": lambda at: git.commits_since(at.root, at.base),
    "push_branch": lambda at: git.push_branch(at.root, "origin", fresh_branch(at)),
    "remote_branch": lambda at: git.remote_branch(at.root, "origin", "main"),
    "remote_head": lambda at: git.remote_head(at.root, "origin"),
    "start_branch": fresh_branch,
    "subjects": lambda at: git.subjects(at.root, at.base, 5, at.below + X),
    "top": lambda at: git.top(at.root),
    "changed": lambda at: git.changed(at.root, at.base),
    "changes_by_time": lambda at: list(git.changes_by_time(at.root / at.below)),
    "default_branch": lambda at: git.default_branch(at.root, "origin"),
    "dirty": lambda at: git.dirty(at.root),
    "fetch_branch": lambda at: git.fetch_branch(at.root, "origin", "main"),
    "export": lambda at: git.export(at.root, at.made, tempted(at, "exported")),
    "files_in": lambda at: list(
        git.files_in(at.root, [git.trees(at.root, at.made, [at.below + X])[at.below + X]], "main.py", 9_999)
    ),
    "find": lambda at: git.find(at.root, "main"),
    "folder_at": lambda at: git.folder_at(at.root, at.base, at.below + X).read("main.py"),
    "folders": lambda at: git.folders(at.root, at.made, at.below or "."),
    "folders_at": lambda at: git.folders_at(at.root, at.base, [at.below + X], lambda path: True),
    "head": lambda at: git.head(at.root),
    "ignored": lambda at: git.ignored(at.root),
    "ignores": lambda at: git.ignores(at.root, str(at.root / f"{at.below}{X}" / "main.py")),
    "is_ancestor": lambda at: git.is_ancestor(at.root, at.base, "HEAD"),
    "is_private": lambda at: git.is_private(at.root, at.root / f"{at.below}{X}/.venv"),
    "is_shallow": lambda at: git.is_shallow(at.root),
    "make_tag": lambda at: git.make_tag(at.root, f"x/{os.urandom(4).hex()}", at.made, "x"),
    "merge_base": lambda at: git.merge_base(at.root, "origin/main"),
    "origin": lambda at: git.origin(at.root, "origin"),
    "points": lambda at: git.points(at.root, 5),
    "push_tag": lambda at: (
        git.make_tag(at.root, "x/1", at.made, "x"),
        git.push_tag(at.root, "origin", "x/1"),
    ),
    "remote_tags": lambda at: git.remote_tags(at.root, "origin"),
    "remotes": lambda at: git.remotes(at.root),
    "resolve": lambda at: git.resolve(at.root, "HEAD"),
    "merge": lambda at: git.merge(b"1\n", b"2\n", b"3\n"),
    "setting": lambda at: git.setting(at.root, "user.name"),
    "tag_called": lambda at: git.tag_called(at.root, "x/1"),
    "tags": lambda at: git.tags(at.root),
    "tags_called": lambda at: git.tags_called(at.root, ["x/1", "their-tag"]),
    "track_export": lambda at: track_exported(at),
    "present_files": lambda at: git.present_files(at.root / at.below),
    "tracks": lambda at: git.tracks(at.root, f"{at.below}{X}/main.py"),
    "trees": lambda at: git.trees(at.root, at.made, [at.below + X]),
    "links": lambda at: git.links(at.root),
    "untracked": lambda at: git.untracked(at.root),
}
"""Each call of the room, in a workspace full of traps."""


CLASSES = ("Commit", "Head", "Merged", "Tag")


def test_every_call_of_the_room_is_tried() -> None:
    assert set(CALLS) == {name for name in git.__all__ if name not in CLASSES}


@pytest.mark.parametrize("where", ["top", "below"])
@pytest.mark.parametrize("name", CALLS)
def test_no_call_springs_a_trap(
    world: SimpleNamespace, traps: Traps, monkeypatch: pytest.MonkeyPatch, name: str, where: str
) -> None:
    at = {"top": (world.top, "below/"), "below": (world.top / "below", "")}[where]
    for variable in (
        "GIT_EXTERNAL_DIFF",
        "GIT_PAGER",
        "PAGER",
        "GIT_EDITOR",
        "EDITOR",
        "VISUAL",
        "SSH_ASKPASS",
    ):
        monkeypatch.setenv(variable, traps.program(f"variable-{variable}"))
    for variable, value in PERSON.items():
        monkeypatch.setenv(variable, value)
    CALLS[name](SimpleNamespace(**vars(world), root=at[0], below=at[1]))
    assert traps.sprung() == set()


QUIET = ("-c", "core.fsmonitor=")

PLAIN = {
    "below-core.fsmonitor": ("below", "status"),
    "x-core.fsmonitor": ("below/integrations/x", "status"),
    ".venv-core.fsmonitor": ("below/integrations/x/.venv", "status"),
    "x.git-core.fsmonitor": ("below/integrations/x.git", "status"),
    ".git-core.fsmonitor": ("below/integrations/x/deep", "status"),
    "x-filter.f.clean": ("below/integrations/y", *QUIET, "diff", "HEAD"),
    "own-core.fsmonitor": (".", "status"),
    "own-filter.f.clean": (".", *QUIET, "diff", "HEAD"),
    "own-filter.a=b.clean": (".", *QUIET, "diff", "HEAD"),
    "own-filter.p.process": (".", *QUIET, "diff", "HEAD"),
    "own-diff.external": (".", *QUIET, "diff", "HEAD"),
    "own-diff.d.command": (".", *QUIET, "diff", "HEAD"),
    "own-diff.d.textconv": (".", *QUIET, "diff", "--no-ext-diff", "HEAD"),
    "own-gpg.program": (".", "tag", "-s", "-m", "x", "-u", "x", "signed"),
    "path-reference-transaction": (".", "update-ref", "refs/x/y", "HEAD"),
    "own-pre-push": (
        ".",
        "-c",
        "core.hooksPath=.git/hooks",
        "push",
        "--no-signed",
        "origin",
        "HEAD:refs/x/z",
    ),
    "own-core.alternateRefsCommand": (".", "fetch", "origin"),
    "own-core.editor": (".", "-c", "core.hooksPath=/dev/null", "tag", "-a", "--no-sign", "edited"),
    "own-alias.co": (".", "co"),
}
"""Traps, each with a plain command that springs it: its folder and arguments."""


@pytest.mark.parametrize("name", PLAIN)
def test_the_traps_are_real(world: SimpleNamespace, traps: Traps, name: str) -> None:
    where, *arguments = PLAIN[name]
    traps.sprung()
    plain(world.top / where, *arguments)
    assert name in traps.sprung()


@pytest.fixture(scope="module")
def remote(world: SimpleNamespace) -> str:
    """The address of the remote, which serves partial clones."""
    say(world.folder / "remote.git", "config", "uploadpack.allowFilter", "true")
    return f"file://{world.folder / 'remote.git'}"


def cloned(world: SimpleNamespace, traps: Traps, remote: str, *options: str) -> Path:
    """A clone full of traps."""
    place = tempted(world, "clone")
    say(world.folder, "clone", "-q", "-b", "feature", *options, remote, str(place))
    set_all(
        place / ".git" / "config", {**settings(traps, "clone"), "core.hooksPath": str(world.top / "hooks")}
    )
    hooks(place / ".git" / "hooks", traps, "clone")
    put(
        place,
        {".git/info/attributes": ATTRIBUTES, ".git/objects/info/alternates": f"{world.top}/.git/objects\n"},
    )
    traps.sprung()
    return place


def test_a_shallow_clone_is_deepened_without_springing_one(
    world: SimpleNamespace, traps: Traps, remote: str
) -> None:
    clone = cloned(world, traps, remote, "--depth=1", "--no-single-branch")
    assert git.merge_base(clone, "origin/main") == world.base
    assert traps.sprung() == set()


def test_what_a_partial_clone_lacks_is_not_fetched(world: SimpleNamespace, traps: Traps, remote: str) -> None:
    clone = cloned(world, traps, remote, "--filter=blob:none", "--no-checkout")
    (clone / ".git" / "objects" / "info" / "alternates").unlink()
    set_all(clone / ".git" / "config", {"remote.origin.uploadpack": traps.program("uploadpack")})
    with pytest.raises(ServiceError, match="where the clone is a partial one, type `git fetch --refetch"):
        git.export(clone, "HEAD", tempted(world, "exported"))
    assert traps.sprung() == set()


def plain(folder: Path, *arguments: str) -> None:
    """Run git as people do, whether it succeeds or not."""
    subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **PERSON},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=30,
    )
