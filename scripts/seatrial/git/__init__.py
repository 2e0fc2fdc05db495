"""What git says of a workspace. The only user of git."""

from seatrial.git.asking import SAFELY, setting
from seatrial.git.basing import default_branch, is_ancestor, merge_base
from seatrial.git.commits import Head, find, head, remotes, resolve, trees
from seatrial.git.exporting import export
from seatrial.git.folders import folder_at, folders_at
from seatrial.git.remoting import origin
from seatrial.git.tagging import make_tag, push_tag, remote_tags, tags, tags_called
from seatrial.git.worktree import changed, dirty, ignored, tracks

__all__ = [
    "SAFELY",
    "Head",
    "changed",
    "default_branch",
    "dirty",
    "export",
    "find",
    "folder_at",
    "folders_at",
    "head",
    "ignored",
    "is_ancestor",
    "make_tag",
    "merge_base",
    "origin",
    "push_tag",
    "remote_tags",
    "remotes",
    "resolve",
    "setting",
    "tags",
    "tags_called",
    "tracks",
    "trees",
]
