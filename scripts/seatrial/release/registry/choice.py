"""From what `image` says below [release] to where images are kept."""

from __future__ import annotations

from pathlib import Path

from seatrial.core.errors import ConfigurationError, UsageError
from seatrial.release.plan.ports import Images
from seatrial.release.registry.layout import LayoutImages
from seatrial.release.registry.reference import Repository, shown


def open_images(image: str, embedded: Path) -> Images:
    """The registry of `image`, which has `{type}` in it; for none, the folder `embedded`. Raises ConfigurationError."""
    if not image:
        return LayoutImages(embedded)
    try:
        Repository.parse(image.replace("{type}", "type"))
    except UsageError as wrong:
        raise ConfigurationError(f'image = "{shown(image)}" below [release]: {wrong}') from wrong
    from seatrial.release.registry.remote import RemoteImages

    return RemoteImages()
