"""`schemas`: the files for editors, and the settings that use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seatrial.schemas.jsonschema import derived_files
from support.typed import seatrial


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("jira", "okta"):
        (tmp_path / "integrations" / name / ".port").mkdir(parents=True)
    return tmp_path


def test_every_schema_is_written_as_in_the_documentation(root: Path) -> None:
    assert seatrial(root, "schemas", "--write", "editor/schemas").returncode == 0
    written = {path.name: path.read_text() for path in (root / "editor/schemas").iterdir()}
    assert written == derived_files()


def test_the_settings_name_written_schemas_and_the_files_they_are_for(root: Path) -> None:
    said = json.loads(seatrial(root, "schemas", "--write", "schemas").stdout)
    assert "integrations/*/.port/spec.yaml" in said["yaml.schemas"]["./schemas/spec-guide.schema.json"]
    named = [*said["yaml.schemas"], *(one["url"] for one in said["json.schemas"])]
    assert all((root / name).is_file() for name in named)


def test_one_integration_alone_has_its_own_paths(root: Path) -> None:
    said = json.loads(seatrial(root / "integrations/jira", "schemas", "--root", ".").stdout)
    assert all(".port/" in path for paths in said["yaml.schemas"].values() for path in paths)


@pytest.mark.parametrize("folder", ["..", "/tmp/elsewhere", "."])
def test_nothing_is_written_outside_of_the_repository(root: Path, folder: str) -> None:
    ran = seatrial(root, "schemas", "--write", folder)
    assert ran.returncode == 2 and "is not a folder below" in ran.stderr
    assert sorted(path.name for path in root.iterdir()) == ["integrations"]


def test_a_link_out_of_the_repository_is_not_written_through(root: Path, tmp_path_factory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (root / "schemas").symlink_to(outside)
    assert seatrial(root, "schemas", "--write", "schemas").returncode != 0
    assert list(outside.iterdir()) == []
