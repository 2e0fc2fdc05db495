"""Access to git, which only this room calls."""

from seatrial.system.git.branches import (
    Commit,
    author_email,
    branches,
    commit_only,
    commits_since,
    push_branch,
    remote_branch,
    remote_head,
    start_branch,
    subjects,
    top,
)
from seatrial.system.git.command import setting
from seatrial.system.git.commits import (
    Head,
    default_branch,
    fetch_branch,
    find,
    head,
    is_ancestor,
    merge_base,
    remotes,
    resolve,
    trees,
)
from seatrial.system.git.files import export, folder_at, folders_at, track_export
from seatrial.system.git.history import files_in, folders, points
from seatrial.system.git.merge import Merged, merge
from seatrial.system.git.remotes import origin
from seatrial.system.git.tags import Tag, make_tag, push_tag, remote_tags, tag_called, tags, tags_called
from seatrial.system.git.worktree import changed, dirty, ignored, ignores, is_private, tracks, untracked

__all__ = [
    "Commit",
    "Head",
    "Merged",
    "Tag",
    "author_email",
    "branches",
    "changed",
    "commit_only",
    "commits_since",
    "default_branch",
    "dirty",
    "export",
    "fetch_branch",
    "files_in",
    "find",
    "folder_at",
    "folders",
    "folders_at",
    "head",
    "ignored",
    "ignores",
    "is_ancestor",
    "is_private",
    "make_tag",
    "merge",
    "merge_base",
    "origin",
    "points",
    "push_branch",
    "push_tag",
    "remote_branch",
    "remote_head",
    "remote_tags",
    "remotes",
    "resolve",
    "setting",
    "start_branch",
    "subjects",
    "tag_called",
    "tags",
    "tags_called",
    "top",
    "track_export",
    "tracks",
    "trees",
    "untracked",
]
