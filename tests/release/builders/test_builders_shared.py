"""The shared Dockerfile: of this repository, of a generated one, and Ocean's as it is."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.release.builders.runner import InstalledBuilder
from support import built
from support.bases import debian_base, small_base
from support.builders_real import BASE, Order
from support.paths import ROOT
from support.services import needs

SHARED = "integrations/_infra/Dockerfile"
DEBIAN = "localhost/debian:1"
OCEAN = os.environ.get("SEATRIAL_OCEAN", "")


def on(base: str, integration: str) -> dict[str, str]:
    return {
        "BUILD_CONTEXT": f"integrations/{integration}",
        "INTEGRATION_VERSION": "1.2.3",
        "BASE_BUILDER_PYTHON_IMAGE": base,
        "BASE_RUNNER_PYTHON_IMAGE": base,
    }


def said(layout: Path, *command: str) -> str:
    """What a command says in a container of an image, run as the image's user."""
    image = _buildah("pull", "--quiet", f"oci:{layout}")
    container = _buildah("from", "--quiet", image)
    try:
        return _buildah("run", container, "--", *command)
    finally:
        _buildah("rm", container)
        _buildah("rmi", image)


def _buildah(*arguments: str) -> str:
    return subprocess.check_output([needs("buildah"), *arguments], text=True).strip()


@pytest.mark.slow
def test_this_repositorys_builds_the_example(builder: InstalledBuilder, order: Order) -> None:
    made = replace(order(""), context=ROOT, dockerfile=ROOT / SHARED, args=on(BASE, "pilot-log"))
    builder.build(made)

    stated = built.config(made.into)["config"]
    assert (stated["User"], stated["Cmd"], stated["WorkingDir"]) == ("1001:1001", ["ocean", "sail"], "/app")
    assert stated["Labels"] == {"INTEGRATION_VERSION": "1.2.3"}
    found = {path.removeprefix("app/") for path in built.files(made.into) if path.startswith("app/")}
    assert {"main.py", ".port/spec.yaml", "pyproject.toml", ".venv/bin/ocean"} <= found
    assert not {
        path for path in found if path.endswith(".md") or path.startswith(("tests/", "changelog/", ".env"))
    }
    assert said(made.into, "sh", "-c", "id -u; ocean sail") == "1001\nocean sail"


@pytest.mark.slow
@pytest.mark.skipif(not OCEAN, reason="SEATRIAL_OCEAN names no checkout of port-labs/ocean")
def test_oceans_builds_unmodified(builder: InstalledBuilder, debian: str, order: Order) -> None:
    context = Path(OCEAN).absolute()
    made = replace(order(""), context=context, dockerfile=context / SHARED, args=on(debian, "jira"))
    builder.build(made)
    assert built.config(made.into)["config"]["Cmd"] == ["bash", "/app/init.sh"]
    assert said(made.into, "id", "-un") == "ocean"
    found = built.files(made.into)
    assert {"app/main.py", "app/init.sh", "app/.venv/bin/ocean"} <= found
    assert "app/CHANGELOG.md" not in found


@pytest.fixture(scope="module")
def debian(storage: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    layout = debian_base(tmp_path_factory.mktemp("debian") / "layout")
    subprocess.run(
        [needs("skopeo"), "copy", "--quiet", f"oci:{layout}", f"containers-storage:{DEBIAN}"], check=True
    )
    return DEBIAN


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.dockerignore"])
def test_a_generated_repository_gets_the_same(name: str) -> None:
    template = ROOT / "templates" / "workspace" / "integrations" / "_infra" / f"{name}.tmpl"
    assert template.read_text() == (ROOT / "integrations" / "_infra" / name).read_text()


def test_the_same_base_is_made_each_time(tmp_path: Path) -> None:
    needs("apt-get")
    made = [small_base(tmp_path / name) for name in ("one", "two")]
    assert built.entry(made[0]) == built.entry(made[1])
