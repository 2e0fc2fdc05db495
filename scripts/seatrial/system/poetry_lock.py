"""The program that makes `poetry.lock` in the current folder, with the Poetry that Seatrial is installed with.

`poetry lock` would first look for a Python that the folder allows and make an environment with it, neither of which
a lock needs. On failure the cause is the only line on standard error, and the exit status is 1.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Make the lock, and keep the versions of one that is there; return the exit status."""
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
