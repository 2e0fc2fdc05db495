"""The user's home folder."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path


def home(environ: Mapping[str, str]) -> Path | None:
    """Return the folder in HOME, else the one in the list of users; None where neither is an absolute path.

    A container or a service often runs without HOME and as a user that no list has.
    """
    if os.path.isabs(environ.get("HOME", "")):
        return Path(environ["HOME"])
    try:
        listed = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None
    return Path(listed) if os.path.isabs(listed) else None
