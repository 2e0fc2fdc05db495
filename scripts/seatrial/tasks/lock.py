"""The locks of this checkout: the packages that `make` and `make test` install, and those of a new integration.

The files in `locks/` are requirements that both uv and pip install, and name no package index, so that any can be used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.documents import toml
from seatrial.scaffold import skeleton
from seatrial.scaffold.answers import Answers
from seatrial.system import own_poetry, uv
from seatrial.system.atomic import write_whole
from seatrial.tasks.cli import note

CHECKOUT = Path(__file__).parents[3]
LOCKS: Mapping[str, tuple[str, ...]] = {"locks/develop.txt": ("dev",), "locks/runtime.txt": ()}
"""The extras that each lock holds beside the dependencies and what builds the package; the largest comes first."""


def wanted(pyproject: Mapping[str, Any], extras: tuple[str, ...]) -> dict[str, list[str]]:
    """Return what the metadata says that a lock is made from."""
    project = pyproject["project"]
    return {
        "python": [project["requires-python"]],
        "build": pyproject["build-system"]["requires"],
        "dependencies": project["dependencies"],
        **{extra: project["optional-dependencies"][extra] for extra in extras},
    }


def heading(pyproject: Mapping[str, Any], extras: tuple[str, ...]) -> str:
    """Return the first lines of a lock, which state the digest of what it was made from."""
    digest = hashlib.sha256(json.dumps(wanted(pyproject, extras), sort_keys=True).encode()).hexdigest()
    return (
        "# The packages that make installs. Do not edit: `make lock` makes this anew from pyproject.toml.\n"
        f"# sha256 of what that asks for: {digest}\n"
    )


def lock(latest: bool) -> None:
    """Renew locks/: the newest packages that pyproject.toml admits, which make and make test then install."""
    metadata = (CHECKOUT / "pyproject.toml").read_bytes()
    pyproject = toml.load("pyproject.toml", metadata).value
    with TemporaryDirectory(prefix="seatrial-") as folder:
        place = Path(folder)
        (place / "pyproject.toml").write_bytes(metadata)
        (place / "build.in").write_text("\n".join(pyproject["build-system"]["requires"]), encoding="utf-8")
        made = {path: heading(pyproject, extras) + _resolved(place, extras) for path, extras in LOCKS.items()}
    for path, content in made.items():
        write_whole(CHECKOUT / path, content, root=CHECKOUT, make=True)
        note(f"wrote {path}")


COPIES = ("templates/integration/poetry.lock", "integrations/pilot-log/poetry.lock")
"""The lock that new integrations get, and that of the example, which is one of them."""


def lock_template(latest: bool) -> None:
    """Renew the lock of the template for its dependencies; `latest` lets go of the versions locked before."""
    answers = Answers.of("My Service")
    with TemporaryDirectory(prefix="seatrial-") as folder:
        place = Path(folder)
        (place / "pyproject.toml").write_bytes(skeleton.render(answers).read("pyproject.toml"))
        if not latest:
            (place / skeleton.LOCK).write_bytes(skeleton.lock())
        own_poetry.lock(place)
        made = (place / skeleton.LOCK).read_text(encoding="utf-8")
    for path in COPIES:
        write_whole(CHECKOUT / path, made, root=CHECKOUT)
        note(f"wrote {path}")


def _resolved(place: Path, extras: tuple[str, ...]) -> str:
    """Return the packages for every Python and platform; uv keeps the versions that it has written here before."""
    options = ("--quiet", "--universal", "--generate-hashes", "--no-header", "--output-file", "lock.txt")
    chosen = (word for extra in extras for word in ("--extra", extra))
    ran = uv.run("pip", "compile", *options, *chosen, "pyproject.toml", "build.in", cwd=place)
    if ran.status:
        raise ServiceError(f"uv cannot lock the packages: {ran.err.decode(errors='replace').strip()}")
    return (place / "lock.txt").read_text(encoding="utf-8")
