"""Other places than those of the settings, for a rehearsal to publish to and a comparison to read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from seatrial.core.addresses import public_url
from seatrial.core.errors import UsageError
from seatrial.core.names import shown
from seatrial.release.places import must_not_be_linked
from seatrial.release.registry import open_images
from seatrial.release.run.release_context import DIST, ReleaseContext
from seatrial.release.store import open_store

CONFIGURED = "settings"
"""The name of the places that the settings name."""

REHEARSAL = "rehearsal"
"""The folder below `dist` of what a rehearsal in a registry and a bucket leaves on this machine."""

FORMS = (
    "file:FOLDER, or an image with {type} in it and a store, such as localhost:5000/{type},file:///tmp/specs"
)


def at(context: ReleaseContext, text: str) -> ReleaseContext:
    """Return the context at a target: that of the settings, a folder, or an image and a store.

    Raises UsageError and ConfigurationError for another text, UsageError for a link of the workspace on the way.
    """
    if text == CONFIGURED:
        return context
    image, comma, store = text.partition(",")
    if not comma and text.startswith("file:") and len(text) > len("file:"):
        return _in_folder(context, Path(os.path.abspath(_path(text))))
    if not comma or "{type}" not in image or "://" not in store:
        raise UsageError(f'"{shown(public_url(text))}" is not a place to release to; write {FORMS}')
    place = context.root / DIST / REHEARSAL
    settings = replace(context.settings, image=image, store=store)
    images = open_images(image, place / "images")
    return replace(context, settings=settings, images=images, store=open_store(store, place), place=place)


def rehearsal(context: ReleaseContext, text: str) -> ReleaseContext:
    """Return the context of a rehearsal at a target. Raises UsageError where it would touch what the settings name."""
    found = at(context, text)
    same = found is context or not _places(context).isdisjoint(_places(found))
    if same or (found.place and _is_below(found.place, context.root / DIST, "images", "registry", "release")):
        raise UsageError(
            f'"{shown(public_url(text))}" is where releases go; a rehearsal goes elsewhere, such as file:rehearsal/'
        )
    return found


def _in_folder(context: ReleaseContext, place: Path) -> ReleaseContext:
    for name in ("images", "registry", "release"):
        must_not_be_linked(place / name, context.root)
    settings = replace(context.settings, image="", store="")
    images = open_images("", place / "images")
    return replace(
        context, settings=settings, images=images, store=open_store("", place / "registry"), place=place
    )


def _path(text: str) -> str:
    """Return the path of `file:folder`, or of `file:///folder`."""
    rest = text.removeprefix("file:")
    return unquote(urlsplit(text).path) if rest.startswith("//") else rest


def _places(context: ReleaseContext) -> set[str]:
    """Return the images and the store of a context, each in one form."""
    settings, dist = context.settings, context.dist
    store = settings.store.rstrip("/")
    if not store or store.startswith("file:"):
        store = os.path.realpath(_path(store) if store else dist / "registry")
    return {settings.image.lower() or os.path.realpath(dist / "images"), store}


def _is_below(place: Path, folder: Path, *names: str) -> bool:
    real = Path(os.path.realpath(place))
    return any(real.is_relative_to(os.path.realpath(folder / name)) for name in names)
