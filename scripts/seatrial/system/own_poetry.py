"""Locking with the Poetry that Seatrial is installed with, which need not be on the PATH.

`poetry lock` would first look for a Python that the folder allows and make an environment with it, neither of which
a lock needs. So this file is also a program, which makes the lock by Poetry's own classes in a process of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.system import process

SECONDS = 600
"""Seconds before a resolution is given up; that of the template takes a minute on a slow network."""


def lock(folder: Path) -> None:
    """Make `poetry.lock` in a folder, whose locked versions are kept where there are any.

    It asks the package index that the person has set for Poetry. Raises ServiceError with Poetry's reason.
    """
    ran = process.run([sys.executable, "-P", __file__], cwd=folder, seconds=SECONDS)
    if ran.status:
        said = ran.err.decode(errors="replace").strip().splitlines()
        raise ServiceError(f"Poetry failed: {said[-1] if said else 'it said nothing'}")


def main() -> int:
    """Make `poetry.lock` in the current folder, and keep the versions of one that is there; return the exit status."""
    from cleo.io.null_io import NullIO
    from poetry.factory import Factory
    from poetry.installation.installer import Installer
    from poetry.utils.env import SystemEnv

    output = NullIO()
    project = Factory().create_poetry(Path.cwd(), io=output)
    environment = SystemEnv(Path(sys.prefix))
    installer = Installer(output, environment, project.package, project.locker, project.pool, project.config)
    installer.lock()
    return installer.run()


if __name__ == "__main__":
    try:
        status = main()
    except Exception as failed:
        print(" ".join(str(failed).split()) or type(failed).__name__, file=sys.stderr)  # noqa: T201
        status = 1
    sys.exit(status)
