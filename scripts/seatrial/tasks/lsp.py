"""The task `lsp`: the language server."""

from __future__ import annotations

from importlib.util import find_spec

from seatrial.core.errors import UsageError
from seatrial.tasks.choice import open_workspace


def lsp() -> None:
    """Serve an editor on standard input and output. Raises UsageError where the library for it is missing."""
    if find_spec("pygls") is None:
        raise UsageError("the language server needs the extra `editor`; install seatrial[editor]")
    from seatrial.tasks.editor.server import serve

    serve(lambda folder: open_workspace(None, folder))
