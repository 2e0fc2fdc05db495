"""Addresses as attestations show them."""

from __future__ import annotations

import pytest

from seatrial.core.addresses import without_credentials
from seatrial.release.attest.purls import public, purl
from seatrial.release.registry.image_names import ImageName

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://github.com/org/repo", "https://github.com/org/repo"),
        ("https://me:secret@github.com/org/repo.git", "https://github.com/org/repo.git"),
        ("https://secret@github.com/org/repo", "https://github.com/org/repo"),
        ("https://me:p@ss@host/x", "https://host/x"),
        ("https://me:a b@host/x", "https://host/x"),
        ("https://me:p#s?s@host/x", "https://host/x"),
        ("https://host/x?token=secret#frag", "https://host/x"),
        ("ssh://git@github.com/org/repo", "ssh://git@github.com/org/repo"),
        ("ssh://git:secret@host:22/x", "ssh://git@host:22/x"),
        ("git@github.com:org/repo.git", "ssh://git@github.com/org/repo.git"),
        ("me:secret@github.com:org/repo.git", "ssh://me@github.com/org/repo.git"),
        ("../elsewhere", "../elsewhere"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_credentials(address: str, shown: str) -> None:
    assert public(address) == shown


def test_every_address_in_a_text_loses_its_credentials() -> None:
    text = "a=https://me:secret@one/x b=https://two/y c=ftp://t@three"
    assert without_credentials(text) == "a=https://one/x b=https://two/y c=ftp://three"


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("python", ImageName("docker.io/library/python")),
        ("python:3.12", ImageName("docker.io/library/python", "3.12")),
        ("org/tool", ImageName("docker.io/org/tool")),
        ("ghcr.io/org/tool:1", ImageName("ghcr.io/org/tool", "1")),
        ("localhost:5000/x", ImageName("localhost:5000/x")),
        ("localhost/x:2", ImageName("localhost/x", "2")),
        (f"ghcr.io/org/tool:1@{DIGEST}", ImageName("ghcr.io/org/tool", "1", DIGEST)),
        (f"127.0.0.1:5000/x@{DIGEST}", ImageName("127.0.0.1:5000/x", "", DIGEST)),
        ("what ever", ImageName("what ever")),
    ],
)
def test_the_name_of_an_image_has_parts(text: str, image: ImageName) -> None:
    assert ImageName.parse(text) == image


def test_the_package_url_of_an_image_names_registry_tag_and_digest() -> None:
    image = ImageName("ghcr.io/Org/Tool", "1.2", DIGEST)
    assert purl(image) == f"pkg:oci/tool@{DIGEST}?repository_url=ghcr.io/org/tool&tag=1.2"
