"""Registries of images: services that speak the OCI distribution API, or a folder in OCI layout."""

from __future__ import annotations

from pathlib import Path

from seatrial.core.errors import ConfigurationError, UsageError
from seatrial.release.plan.ports import Images


def open_images(image: str, embedded: Path) -> Images:
    """Return the images of the setting `image`, which contains `{type}`; without it those in the folder `embedded`.

    Raises ConfigurationError.
    """
    from seatrial.release.registry.image_names import Repository, shown

    if not image:
        from seatrial.release.registry.oci_layout import LayoutImages

        return LayoutImages(embedded)
    try:
        Repository.parse(image.replace("{type}", "type"))
    except UsageError as wrong:
        raise ConfigurationError(f'image = "{shown(image)}" below [release]: {wrong}') from wrong
    from seatrial.release.registry.remote import RemoteImages

    return RemoteImages()
