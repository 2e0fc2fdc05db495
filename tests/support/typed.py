"""Commands as people and CI type them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from support import warm
from support.paths import SOURCES


def seatrial(cwd: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the console script in a folder, with few variables of this process and those given."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return warm.run(cwd, [*arguments], {**kept, "PYTHONPATH": str(SOURCES), **env})
