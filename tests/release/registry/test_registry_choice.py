"""The images that the setting `image` below [release] opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import ConfigurationError
from seatrial.release.registry import open_images
from seatrial.release.registry.oci_layout import LayoutImages
from seatrial.release.registry.remote import RemoteImages


def test_without_a_registry_images_go_into_a_folder(tmp_path: Path) -> None:
    assert open_images("", tmp_path) == LayoutImages(tmp_path)


@pytest.mark.parametrize("image", ["ghcr.io/org/port-ocean-{type}", "localhost:5000/{type}", "{type}"])
def test_a_repository_leads_to_its_registry(image: str, tmp_path: Path) -> None:
    assert isinstance(open_images(image, tmp_path), RemoteImages)


@pytest.mark.parametrize(
    "image",
    ["https://ghcr.io/org/{type}", "ghcr.io/ORG/{type}", "ghcr.io/{type}:1", "ghcr.io/../{type}", " {type}"],
)
def test_an_invalid_repository_is_reported(image: str, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"image = .* below \[release\]: .* is not a repository of images"
    ):
        open_images(image, tmp_path)
