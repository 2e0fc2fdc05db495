"""Fills the current folder, which is empty, with the content of another, and runs a program there.

This file is a program of its own. Its arguments are the program, the file for its answer, and the folder to copy, where
there is one.
"""

from __future__ import annotations

import os
import runpy
import shutil
import sys


def fill(source: str) -> None:
    """Copy the content of a folder into the current one, links as links."""
    for name in os.listdir(source):
        path = os.path.join(source, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.copytree(path, name, symlinks=True)
        else:
            shutil.copy2(path, name, follow_symlinks=False)


if __name__ == "__main__":
    for given in sys.argv[3:]:
        fill(given)
    sys.argv = sys.argv[1:3]
    runpy.run_path(sys.argv[0], run_name="__main__")
