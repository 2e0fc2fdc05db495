"""Stores of specs and the index: a bucket, or a folder; each with compare-and-swap."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from seatrial.core.errors import ConfigurationError
from seatrial.release.plan.ports import Store


def open_store(url: str, embedded: Path) -> Store:
    """Return the store at a URL; without one, in the folder `embedded`. Raises ConfigurationError."""
    if url and not url.startswith("file:"):
        from seatrial.release.store.bucket import open_bucket

        return open_bucket(url)
    from seatrial.release.store.local import FolderStore

    return FolderStore(folder_of(url) if url else _without_links(embedded))


def _without_links(embedded: Path) -> Path:
    """Return the folder. Raises ConfigurationError where a link in the checkout leads elsewhere."""
    linked = next((path for path in (embedded.parent, embedded) if path.is_symlink()), None)
    if linked is None:
        return embedded
    raise ConfigurationError(
        f'{linked} is a link; remove it, or name its target with store = "file:///..." below [release]'
    )


def folder_of(url: str, stated: str = 'store = "{}" below [release]') -> Path:
    """Return the folder that a URL names, as the setting states it. Raises ConfigurationError."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or not path.is_absolute() or "\0" in str(path):
        raise ConfigurationError(
            f'{stated.format(url[:100])} is not a folder; write file:// and a path that begins with "/"'
        )
    return path
