"""From what `store` says below [release] to a store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from seatrial.core.errors import ConfigurationError
from seatrial.release.plan.ports import Store
from seatrial.release.store.local import FolderStore


def open_store(url: str, embedded: Path) -> Store:
    """The store at a URL; for none, the folder `embedded`. Raises ConfigurationError for what cannot be one."""
    if not url:
        return FolderStore(_plain(embedded))
    if url.startswith("file:"):
        return FolderStore(_folder(url))
    from seatrial.release.store.bucket import open_bucket

    return open_bucket(url)


def _plain(embedded: Path) -> Path:
    """The folder, to which no link of a checkout leads elsewhere."""
    linked = next((path for path in (embedded.parent, embedded) if path.is_symlink()), None)
    if linked is None:
        return embedded
    raise ConfigurationError(
        f'{linked} is a link; remove it, or name where it leads with store = "file:///..." below [release]'
    )


def _folder(url: str) -> Path:
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or not path.is_absolute() or "\0" in str(path):
        raise ConfigurationError(
            f'store = "{url[:100]}" below [release] is no folder; write file:// and a path that begins with "/"'
        )
    return path
