"""A picture of a terminal, for the pages of docs/."""

from __future__ import annotations

import io
import re

COLUMNS = 118


def picture(title: str, command: str, output: str) -> str:
    """Return an SVG of what a terminal shows after `command`; `output` may contain colour codes."""
    from rich.console import Console
    from rich.text import Text

    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="standard"
    )
    console.print(Text.assemble(("$ ", "bold green"), command))
    console.print(Text.from_ansi(output))
    svg = console.export_svg(title=title, unique_id=re.sub(r"\W", "-", title))
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code, ", "") + "\n"
