"""A release that begins: one at a time in a checkout, on a store that keeps its word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.plan.plan import Plan, plan
from seatrial.release.run.publication import publication
from seatrial.release.run.release_context import ReleaseContext
from seatrial.release.run.snapshot import read
from seatrial.release.store.local import FolderStore
from seatrial.workspace.workspace import open_workspace
from support.memory_images import MemoryImages
from support.release_workspace import workspace


class Heedless(FolderStore):
    """A store that writes whatever it is asked on which condition."""

    def create(self, key: str, data: bytes) -> bool:
        self.put(key, data)
        return True


class Forgetful(FolderStore):
    """A store that takes any etag for the present one."""

    def replace(self, key: str, data: bytes, etag: str) -> bool:
        self.put(key, data)
        return True


STORES: Mapping[str, type[FolderStore]] = {"no If-None-Match": Heedless, "no If-Match": Forgetful}


def begun(root: Path, store: type[FolderStore] = FolderStore) -> tuple[ReleaseContext, Plan]:
    found = open_workspace(str(workspace(root)))
    context = ReleaseContext(found, found.settings.release, MemoryImages(), store(root / "dist/registry"))
    return context, plan(read(context, found.integrations), {})


@pytest.mark.parametrize("store", STORES.values(), ids=STORES.keys())
def test_a_store_that_ignores_conditions_is_refused_before_anything_is_built(
    tmp_path: Path, store: type[FolderStore]
) -> None:
    context, made = begun(tmp_path, store)
    with (
        pytest.raises(ServiceError, match="writes over what is there"),
        publication(context, made, lambda: tmp_path, None, lambda event: None),
    ):
        pass


def test_two_releases_in_one_checkout_do_not_go_on_together(tmp_path: Path) -> None:
    context, made = begun(tmp_path)
    refused = pytest.raises(ServiceError, match="another release runs in this checkout")
    with (
        publication(context, made, lambda: tmp_path, None, lambda event: None),
        refused,
        publication(context, made, lambda: tmp_path, None, lambda event: None),
    ):
        pass
    with publication(context, made, lambda: tmp_path, None, lambda event: None):
        pass


def test_releases_of_one_checkout_have_one_token_and_those_of_its_copy_another(tmp_path: Path) -> None:
    (context, made), (copy, also) = begun(tmp_path / "one"), begun(tmp_path / "two")
    tokens = []
    for here, what in ((context, made), (context, made), (copy, also)):
        with publication(here, what, lambda: tmp_path, None, lambda event: None) as run:
            tokens.append(run.holder.token)
    assert tokens[0] == tokens[1] != tokens[2]
