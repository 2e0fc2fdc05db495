"""From what `store` says below [release] to a store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from seatrial.release.ports import Store
from seatrial.store.folder import FolderStore


def open_store(url: str, embedded: Path) -> Store:
    """The store at a URL; for none, the folder `embedded`. Raises ConfigurationError."""
    if not url:
        return FolderStore(embedded)
    if url.startswith("file://"):
        return FolderStore(Path(unquote(urlsplit(url).path)))
    from seatrial.store.bucket import open_bucket

    return open_bucket(url)
