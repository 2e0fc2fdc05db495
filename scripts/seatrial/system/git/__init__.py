"""Access to git, which only this room calls."""

from seatrial.system.git.command import SAFELY, origin, setting
from seatrial.system.git.commits import (
    Head,
    default_branch,
    find,
    head,
    is_ancestor,
    merge_base,
    remotes,
    resolve,
    trees,
)
from seatrial.system.git.files import (
    changed,
    dirty,
    export,
    folder_at,
    folders_at,
    ignored,
    ignores,
    track_export,
    tracks,
    untracked,
)
from seatrial.system.git.tags import Tag, make_tag, push_tag, remote_tags, tag_called, tags, tags_called

__all__ = [
    "SAFELY",
    "Head",
    "Tag",
    "changed",
    "default_branch",
    "dirty",
    "export",
    "find",
    "folder_at",
    "folders_at",
    "head",
    "ignored",
    "ignores",
    "is_ancestor",
    "make_tag",
    "merge_base",
    "origin",
    "push_tag",
    "remote_tags",
    "remotes",
    "resolve",
    "setting",
    "tag_called",
    "tags",
    "tags_called",
    "track_export",
    "tracks",
    "trees",
    "untracked",
]
