"""Commands as people and CI type them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from support.paths import SOURCES


def seatrial(cwd: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the console script in a folder, with few variables of this process and those given."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    command = [sys.executable, "-m", "seatrial", *arguments]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(SOURCES), **env},
        capture_output=True,
        text=True,
        check=False,
    )
