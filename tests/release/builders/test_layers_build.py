"""Images that the builder `layers` makes, over a base image in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.lint.environments.environment import Layer
from seatrial.release.builders.layers import dependencies
from seatrial.release.registry.oci_layout import digest_in
from support import built
from support.layers_base import (
    BASE,
    ENV,
    FILES,
    MemoryRegistry,
    layers_builder,
    layers_order,
    members,
    text_in,
)

FROM = f"FROM {BASE}\n"
INSTALLING = f"""\
FROM {BASE} AS builder
WORKDIR /app
COPY pyproject.toml poetry.lock ./
RUN POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install --only main --no-root
FROM {BASE}
WORKDIR /app
COPY --from=builder /app/.venv ./.venv
COPY jira ./
RUN chmod a+x /app/run.py && chmod -R a+rX /app
CMD ["ocean", "sail"]
"""
PYPROJECT = '[project]\nname = "jira"\nversion = "1.0"\ndependencies = ["click"]\n'
LOCK = """\
[[package]]
name = "click"
version = "8.1"
description = ""
optional = false
python-versions = "*"
groups = ["main"]
files = [{file = "click-8.1-py3-none-any.whl", hash = "sha256:%s"}]

[metadata]
lock-version = "2.1"
python-versions = "^3.12"
content-hash = "x"
""" % ("0" * 64)
PROJECT = {"pyproject.toml": PYPROJECT, "poetry.lock": LOCK, "jira/run.py": "x", "jira/a/b": "y"}


@pytest.fixture
def wheels(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Stands in for uv, which lays a program, a module and bytecode into the prefix; what it was called with."""
    called: list[tuple[str, ...]] = []

    def install(layer: Layer, part: Path, target: Sequence[str], no_wheel: str) -> None:
        called.append((*layer.wheels, *target))
        prefix = Path(target[target.index("--prefix") + 1])
        minor = ".".join(map(str, sys.version_info[:2]))
        python = target[target.index("--python") + 1]
        site = prefix / "lib" / f"python{minor}" / "site-packages"
        written: dict[Path, str] = {
            prefix / "bin" / "ocean": f"#!{python}\nimport ocean\n",
            prefix / "bin" / "long": f"#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n' '''\nimport long\n",
            prefix / "include" / "site" / f"python{minor}" / "click" / "click.h": "",
            site / "click" / "__init__.py": "",
            site / "click" / "x.pyc": "bytes",
            site / "click-8.1.dist-info" / "REQUESTED": "",
            site / "click-8.1.dist-info" / "RECORD": (
                "click/__init__.py,sha256=x,0\n../../../bin/ocean,sha256=old,1\nclick/x.pyc,,\n"
                f"../../../include/site/python{minor}/click/click.h,,\nclick-8.1.dist-info/REQUESTED,,\n"
            ),
        }
        for path, text in written.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    monkeypatch.setattr(dependencies, "install_wheels", install)
    return called


def test_the_base_s_layers_come_first_then_the_dependencies_then_the_folder(
    tmp_path: Path, wheels: list[Any]
) -> None:
    registry = MemoryRegistry()
    order = layers_order(tmp_path, INSTALLING, PROJECT, labels={"one": "1"})
    layers_builder(tmp_path / "cache", registry).build(order)

    manifest, config = built.manifest(order.into), built.config(order.into)
    assert manifest["layers"][0]["digest"] == registry.fetched[0]
    assert len(manifest["layers"]) == len(config["rootfs"]["diff_ids"]) == 3
    assert {layer["mediaType"] for layer in manifest["layers"]} == {
        "application/vnd.oci.image.layer.v1.tar+gzip"
    }
    assert config["config"] == {
        "Env": list(ENV),
        "Cmd": ["ocean", "sail"],
        "WorkingDir": "/app",
        "Labels": {"one": "1"},
    }
    assert config["created"] == "2023-11-14T22:13:20Z"
    assert sorted(path.name for path in order.into.parent.iterdir()) == ["layout"]


def test_the_environment_is_that_of_the_image_s_python(tmp_path: Path, wheels: list[Any]) -> None:
    order = layers_order(tmp_path, INSTALLING, PROJECT)
    layers_builder(tmp_path / "cache").build(order)

    manifest = built.manifest(order.into)
    found = members(order.into, manifest)
    site = "app/.venv/lib/python3.12/site-packages"
    links = {path: member.linkname for path, member in found.items() if member.issym()}
    assert links == {
        "app/.venv/bin/python": "/usr/local/bin/python3.12",
        "app/.venv/bin/python3": "python",
        "app/.venv/bin/python3.12": "python",
    }
    assert text_in(order.into, manifest, "app/.venv/bin/ocean") == "#!/app/.venv/bin/python\nimport ocean\n"
    assert text_in(order.into, manifest, "app/.venv/bin/long") == "#!/app/.venv/bin/python\nimport long\n"
    assert text_in(order.into, manifest, "app/.venv/pyvenv.cfg").startswith("home = /usr/local/bin\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"#!/app/.venv/bin/python\nimport ocean\n").digest())
    assert text_in(order.into, manifest, f"{site}/click-8.1.dist-info/RECORD").splitlines() == [
        f"../../../bin/ocean,sha256={digest.rstrip(b'=').decode()},37",
        "../../../include/site/python3.12/click/click.h,,",
        "click/__init__.py,sha256=x,0",
    ]
    assert not [path for path in found if path.endswith((".pyc", "REQUESTED"))]
    assert found["app/.venv/bin/ocean"].mode == found["app/run.py"].mode == 0o755
    assert found["app/a/b"].mode == 0o644


def test_wheels_are_chosen_for_the_image_with_the_hashes_of_the_lock(
    tmp_path: Path, wheels: list[tuple[str, ...]]
) -> None:
    layers_builder(tmp_path / "cache").build(layers_order(tmp_path, INSTALLING, PROJECT))
    (called,) = wheels
    assert called[0] == f"click==8.1 --hash=sha256:{'0' * 64}"
    assert called[3:7] == ("--python-platform", "x86_64-manylinux_2_36", "--python-version", "3.12.7")
    assert "--require-hashes" in called


def test_the_same_commit_gives_the_same_digest_in_any_folder_at_any_time_for_anybody(
    tmp_path: Path, wheels: list[Any]
) -> None:
    digests = set()
    for name, mask, when in (("one", 0o022, 1_000_000_000), ("another", 0o077, 1_600_000_000)):
        before = os.umask(mask)
        try:
            order = layers_order(tmp_path / name, INSTALLING, {**PROJECT, "jira/run.py": "#!/bin/sh"})
            for path in order.context.rglob("*"):
                path.chmod(path.stat().st_mode & ~mask)
                os.utime(path, (when, when))
            layers_builder(tmp_path / name / "cache").build(order)
        finally:
            os.umask(before)
        digests.add(digest_in(order.into))
    assert len(digests) == 1


def test_the_dependencies_are_the_same_layer_in_another_commit(tmp_path: Path, wheels: list[Any]) -> None:
    order = layers_order(tmp_path, INSTALLING, PROJECT)
    builder = layers_builder(tmp_path / "cache")
    builder.build(order)
    first = built.manifest(order.into)["layers"]
    (order.context / "jira/run.py").write_text("changed")
    builder.build(replace(order, timestamp=1_800_000_000))
    second = built.manifest(order.into)["layers"]
    assert first[:2] == second[:2]
    assert first[2] != second[2]


def test_several_platforms_become_one_index_without_emulation(
    tmp_path: Path, wheels: list[tuple[str, ...]]
) -> None:
    order = layers_order(tmp_path, INSTALLING, PROJECT, platforms=("linux/amd64", "linux/arm64"))
    layers_builder(tmp_path / "cache").build(order)
    listed = built.manifest(order.into)["manifests"]
    assert [one["platform"]["architecture"] for one in listed] == ["amd64", "arm64"]
    assert [called[4] for called in wheels] == ["x86_64-manylinux_2_36", "aarch64-manylinux_2_36"]


def test_accounts_links_and_modes_are_what_the_commands_would_make(tmp_path: Path) -> None:
    lines = (
        "RUN groupadd -r app -g 1002 && useradd -r -g app -u 1001 ocean\n"
        "RUN mkdir -p /tmp/ocean/x && chmod -R 777 /tmp/ocean && chown ocean:app /tmp/ocean\n"
        "RUN ln -s /a /bin/ocean\nCOPY --chown=ocean:app --chmod=600 f /app/g\nUSER ocean\n"
    )
    order = layers_order(tmp_path, FROM + lines, {"f": "f"})
    layers_builder(tmp_path / "cache").build(order)
    manifest = built.manifest(order.into)
    found = members(order.into, manifest)
    told = {
        path: (oct(one.mode), one.uid, one.gid) for path, one in found.items() if not path.startswith("etc/")
    }
    assert told == {
        "app": ("0o755", 0, 0),
        "app/g": ("0o600", 1001, 1002),
        "tmp/ocean": ("0o777", 1001, 1002),
        "tmp/ocean/x": ("0o777", 0, 0),
        "usr/bin/ocean": ("0o777", 0, 0),
    }
    assert text_in(order.into, manifest, "etc/passwd").endswith("\nocean:x:1001:1002::/home/ocean:\n")
    assert text_in(order.into, manifest, "etc/shadow").endswith("\nocean:!:19675::::::\n")
    assert text_in(order.into, manifest, "etc/group").endswith("\napp:x:1002:\n")


def test_the_ignore_file_and_links_of_the_folder_are_obeyed(tmp_path: Path) -> None:
    files = {
        ".dockerignore": "**/*.md\n!jira/keep.md\n**/tests\n",
        "jira/a.md": "",
        "jira/keep.md": "",
        "jira/tests/t": "",
        "jira/Makefile": "-> ../_infra/Makefile",
        "jira/real/f": "",
        "jira/folder": "-> real",
    }
    order = layers_order(tmp_path, FROM + "COPY jira /app\n", files)
    layers_builder(tmp_path / "cache").build(order)
    found = members(order.into, built.manifest(order.into))
    assert sorted(found) == ["app", "app/Makefile", "app/folder", "app/keep.md", "app/real", "app/real/f"]
    assert found["app/Makefile"].linkname == "../_infra/Makefile"


def test_an_environment_outside_of_the_folder_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    text = INSTALLING.replace("POETRY_VIRTUALENVS_IN_PROJECT=1 ", "")
    order = layers_order(tmp_path, text, PROJECT)
    builder = layers_builder(tmp_path / "cache")
    told = builder.refusal(order.context, order.dockerfile, {})
    assert "line 4: poetry makes the environment outside of the folder; set POETRY_VIRTUALENVS_IN_" in told
    for fitting in (
        text.replace("poetry.lock ./", "poetry.lock poetry.toml ./"),
        text.replace("pyproject.toml poetry.lock ./", ". ./"),
        text.replace("WORKDIR", "ENV POETRY_VIRTUALENVS_IN_PROJECT=true\nWORKDIR", 1),
    ):
        order.dockerfile.write_text(fitting)
        assert builder.refusal(order.context, order.dockerfile, {}) == ""


def test_the_packages_that_the_base_is_said_to_have_are_looked_for_in_it(tmp_path: Path) -> None:
    text = FROM + "RUN apt-get update && apt-get install -y curl acl\n"
    order = layers_order(tmp_path, text, {})
    told = layers_builder(tmp_path / "cache").refusal(order.context, order.dockerfile, {})
    assert "line 2: apt-get would have to be run for curl, acl; " in told
    assert 'in-base = ["curl", "acl"] in [release.layers]' in told
    with pytest.raises(ServiceError, match=r'in-base says that ".*" has acl, and it does not'):
        layers_builder(tmp_path / "cache", in_base=("curl", "acl")).build(order)
    order.dockerfile.write_text(FROM + "RUN apt-get install -y curl\nCOPY Dockerfile /\n")
    layers_builder(tmp_path / "cache", in_base=("curl",)).build(order)


@pytest.mark.parametrize(
    ("dockerfile", "files", "why"),
    [
        ("COPY ../../etc/passwd /x\n", {}, 'there is no "../../etc/passwd"'),
        ("COPY out /x\n", {"out": "-> /etc"}, "is a link out of the repository"),
        ("COPY out/passwd /x\n", {"out": "-> /etc"}, "is a link out of the repository"),
        ("COPY socket /x\n", {}, "neither a file nor a folder nor a link"),
        ("COPY f /usr/local/bin/python3.12/x\n", {"f": ""}, "is a file, and no folder"),
        ("COPY f /usr/local/bin/python3\n", {"f": ""}, "is a link, in the place of which"),
        ("RUN chmod 755 /etc/passwd\n", {}, "a file of the base image"),
        ("RUN groupadd -r -g 0 x\n", {}, "has root with the number 0 already"),
        ("RUN ln -s /x /usr/local/bin/python3\n", {}, "is there already"),
        ("RUN ln -s /a /l && ln -s /l /a && mkdir -p /a/b\n", {}, "too many links"),
        ("COPY gone /x\n", {".dockerignore": "gone", "gone": ""}, "the ignore file leaves it out"),
        (
            "RUN POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install --no-root\n",
            PROJECT,
            "there is no /poetry.lock",
        ),
        ("COPY jira /app\nWORKDIR /app\nRUN poetry install --no-root\n", PROJECT, "outside of the folder"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_line_and_leaves_nothing(
    tmp_path: Path, dockerfile: str, files: Mapping[str, str], why: str
) -> None:
    order = layers_order(tmp_path, FROM + dockerfile, files)
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(order.context)
        made.bind("socket")
        os.chdir(here)
    with pytest.raises(ServiceError) as failure:
        layers_builder(tmp_path / "cache").build(order)
    assert why in str(failure.value)
    assert f"the builder layers cannot build Dockerfile, line {1 + dockerfile.count(chr(10))}: " in str(
        failure.value
    )
    assert list(order.into.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("lock", "why"),
    [
        (LOCK.replace("py3-none-any.whl", "8.1.tar.gz"), '"click" comes from an sdist, not as a wheel'),
        (
            LOCK.replace("groups", 'source = {type = "directory", url = "../.."}\ngroups'),
            "comes from a folder",
        ),
        (LOCK.replace("^3.12", "^3.13"), "the image has Python 3.12.7"),
        (LOCK[: LOCK.index("files")] + LOCK[LOCK.index("[metadata]") :], "no hashes"),
        ("[[", "poetry.lock cannot be used"),
    ],
)
def test_a_lock_with_anything_but_wheels_with_hashes_is_refused(
    tmp_path: Path, wheels: list[Any], lock: str, why: str
) -> None:
    order = layers_order(tmp_path, INSTALLING, {**PROJECT, "poetry.lock": lock})
    with pytest.raises(ServiceError, match="line 4: ") as failure:
        layers_builder(tmp_path / "cache").build(order)
    assert why in str(failure.value)
    assert wheels == []


@pytest.mark.parametrize(
    ("registry", "why"),
    [
        (MemoryRegistry(env=["PATH=/usr/local/bin"]), "the exact version of its Python of"),
        (
            MemoryRegistry(files={k: v for k, v in FILES.items() if "python" not in k}),
            "has no python3 on its PATH",
        ),
        (MemoryRegistry(platforms=["linux/s390x"]), "has no linux/amd64"),
        (MemoryRegistry(settings={"OnBuild": ["RUN x"]}), "ONBUILD"),
    ],
)
def test_a_base_image_that_does_not_do_is_told(
    tmp_path: Path, wheels: list[Any], registry: MemoryRegistry, why: str
) -> None:
    with pytest.raises(ServiceError) as failure:
        layers_builder(tmp_path / "cache", registry).build(layers_order(tmp_path, INSTALLING, PROJECT))
    assert why in str(failure.value)


def test_the_version_of_the_python_may_be_stated(tmp_path: Path, wheels: list[tuple[str, ...]]) -> None:
    builder = layers_builder(tmp_path / "cache", MemoryRegistry(env=["PATH=/usr/local/bin"]), python="3.12.1")
    builder.build(layers_order(tmp_path, INSTALLING, PROJECT))
    assert "3.12.1" in wheels[0]


def test_layers_are_kept_and_other_bytes_than_those_of_the_digest_are_not_used(tmp_path: Path) -> None:
    registry = MemoryRegistry()
    order = layers_order(tmp_path, FROM + "COPY Dockerfile /\n", {})
    for _ in range(2):
        layers_builder(tmp_path / "cache", registry).build(order)
    assert len(registry.fetched) == 1
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"other")
    layers_builder(tmp_path / "cache", registry).build(order)
    assert len(registry.fetched) == 2
    kept.unlink()
    registry.blobs[registry.fetched[0]] = b"other"
    with pytest.raises(ServiceError, match=r"does not have the|does not match its digest"):
        layers_builder(tmp_path / "cache", registry).build(order)


def test_a_wheel_that_brings_more_than_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(layer: Layer, part: Path, target: Sequence[str], no_wheel: str) -> None:
        prefix = Path(target[target.index("--prefix") + 1])
        prefix.mkdir()
        (prefix / "passwd").symlink_to("/etc/passwd")

    monkeypatch.setattr(dependencies, "install_wheels", install)
    with pytest.raises(ServiceError, match='a wheel brings "passwd", which is not a file'):
        layers_builder(tmp_path / "cache").build(layers_order(tmp_path, INSTALLING, PROJECT))


def test_a_run_that_was_ended_builds_nothing(tmp_path: Path) -> None:
    builder = layers_builder(tmp_path / "cache")
    builder.end()
    with pytest.raises(ServiceError, match="was stopped"):
        builder.build(layers_order(tmp_path, FROM, {}))


def test_an_image_over_a_base_without_a_history_has_none(tmp_path: Path) -> None:
    order = layers_order(tmp_path, FROM + "COPY Dockerfile /\n", {})
    layers_builder(tmp_path / "cache").build(order)
    assert "history" not in built.config(order.into)
    assert json.loads((order.into / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
