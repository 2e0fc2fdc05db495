"""Release holds: a Markdown file whose front matter says why an integration is not released, and until when.

    ---
    reason: The API has changed its pages
    until: 2026-12-15
    ---

What follows the front matter is for people. The file is Markdown because no image contains Markdown, and no check of
a pull request asks for a release of it.
"""

from __future__ import annotations

import json
import re

from seatrial.core.printable import fits_a_line
from seatrial.documents import yaml
from seatrial.documents.document import Document, FaultKind, RefusedError, refused

FILE = "RELEASE-HOLD.md"
"""The file in the folder of an integration that is not to be released."""

REASON, UNTIL = "reason", "until"

MAX_BYTES = 64 * 1024
"""A larger file is refused unread."""

MAX_REASON = 500
"""The most letters of a reason."""

FOR_PEOPLE = (
    "Nothing of this integration is released while this file is here. `seatrial release.unhold` removes it."
)

_FRONT = re.compile(rb"(?P<head>---[ \t]*\r?\n.*?)^---[ \t]*\r?$", re.MULTILINE | re.DOTALL)


def load(path: str, data: bytes) -> Document:
    """Read the front matter of a hold."""
    front = _FRONT.match(data[:MAX_BYTES])
    if front is None:
        return refused(
            path, RefusedError(FaultKind.SYNTAX, 'it does not begin with values between two lines "---"')
        )
    return yaml.load(path, front["head"])


def written(reason: str, until: str) -> str:
    """Return the text of a hold. Raises ValueError for a reason that does not fit a line."""
    text = reason.strip()
    if not text or len(text) > MAX_REASON:
        raise ValueError(f"it has {len(text):,} letters; write between 1 and {MAX_REASON}")
    if not fits_a_line(text):
        raise ValueError("it has more than one line, or a control character; write one line")
    front = f"---\n{REASON}: {json.dumps(text, ensure_ascii=False)}\n{UNTIL}: {until}\n---\n"
    return f"{front}\n{FOR_PEOPLE}\n"
