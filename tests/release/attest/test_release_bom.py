"""The bill of materials of an image."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.dependencies.lockfile import BadLock
from seatrial.release.attest.bill import bill_of_materials
from seatrial.release.attest.packages import ShippedImage
from seatrial.release.registry.layers import Content, Installed, Licence, SystemPackage
from seatrial.release.run import verify_image
from support.layered import SITE

SHIPPED = ShippedImage("jira", "1.2.3", "ghcr.io/org/port-ocean-jira", "sha256:" + "a" * 64, 1_700_000_000)
HASH = "0123456789abcdef" * 4
PROJECT = b'[tool.poetry.dependencies]\npython = "^3.12"\napp = {version = "*", extras = ["cli"]}\n'
METADATA = '[metadata]\nlock-version = "2.1"\npython-versions = "^3.12"\ncontent-hash = "x"\n'


def package(name: str, more: str = "", groups: str = '["main"]') -> str:
    return f'[[package]]\nname = "{name}"\nversion = "1.0"\noptional = false\ngroups = {groups}\n{more}\n'


def files(*names: str) -> str:
    listed = ", ".join(f'{{file = "{name}", hash = "sha256:{HASH}"}}' for name in names)
    return f"files = [{listed}]\n"


def source(kind: str, url: str, more: str = "") -> str:
    return f'[package.source]\ntype = "{kind}"\nurl = "{url}"\n{more}\n'


COMMIT = "c" * 40
APP = package("app", files("app-1.0.tar.gz", "app 1#0%zz.whl") + "[package.dependencies]\nlib = '*'")
LIB = package("lib", files("lib-1.0.tar.gz"))
GIT = package(
    "fork",
    source("git", "https://me:secret@github.com/a/b", f'reference = "main"\nresolved_reference = "{COMMIT}"')
    + 'subdirectory = "sub"',
)
ADDRESS = package("wheel", files("w.whl") + source("url", "https://me:secret@host/w.whl?sig=secret"))
INDEX = package(
    "private", files("p.whl") + source("legacy", "https://me:secret@host/simple", 'reference = "own"')
)
FOLDER = package("beside", "files = []\n" + source("directory", "../../be side[1]"))
FILE = package("packed", files("p.whl") + source("file", "dist/p.whl"))
ALL = (APP, LIB, GIT, ADDRESS, INDEX, FOLDER, FILE)


def written(*packages: str, of: ShippedImage = SHIPPED) -> bytes:
    return bill_of_materials(of, ("\n".join(packages) + METADATA).encode(), PROJECT)


def read(*packages: str, of: ShippedImage = SHIPPED) -> Any:
    return json.loads(written(*packages, of=of))


def test_licences_and_packages_of_the_system_are_those_of_the_image() -> None:
    content = Content(
        (
            Installed("App", "1.0", SITE, 1, Licence("MIT OR Apache-2.0", ("MIT License",))),
            Installed("lib", "1.0", SITE, 1, Licence("see the file", ("BSD License", "MIT License"))),
            Installed("fork", "1.0", SITE, 1, Licence("apache-2.0", ("Apache Software License",))),
            Installed("wheel", "2.0", SITE, 1, Licence("MIT")),
        ),
        (),
        (
            SystemPackage("deb", "curl", "7.88.1-10+deb12u15", "amd64", system=("debian", "12")),
            SystemPackage("apk", "musl", "1.2.5-r0", "x86_64", Licence("MIT"), ("alpine", "3.20")),
            SystemPackage("deb", "odd", "", "", Licence("\x1b[31m"), ("", "")),
        ),
    )
    lock = ("\n".join([APP, LIB, GIT, ADDRESS]) + METADATA).encode()
    data = bill_of_materials(SHIPPED, lock, PROJECT, [content, content])
    assert_valid(data)
    bill = json.loads(data)
    stated = {one["name"]: one.get("licenses") for one in bill["components"]}
    declared = {"acknowledgement": "declared"}
    assert stated == {
        "app": [{"expression": "MIT OR Apache-2.0", **declared}],
        "lib": [{"license": {"name": name, **declared}} for name in ("BSD License", "MIT License")],
        "fork": [{"license": {"id": "Apache-2.0", **declared}}],
        "wheel": None,
        "curl": None,
        "musl": [{"license": {"id": "MIT", **declared}}],
        "odd": [{"license": {"name": "\x1b[31m", **declared}}],
    }
    assert component(bill, "curl")["purl"] == (
        "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u15?arch=amd64&distro=debian-12"
    )
    assert verify_image.components(data) == dict.fromkeys(("app", "lib", "fork", "wheel"), "1.0")


def component(bill: Any, name: str) -> Any:
    return next(one for one in bill["components"] if one["name"] == name)


def assert_valid(bill: bytes) -> None:
    """Compare with the schema of CycloneDX; the validator is imported here, as its import takes two seconds."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.decode()) is None


def test_a_bill_of_packages_from_every_source_is_valid() -> None:
    assert_valid(written(*ALL))


def test_a_bill_without_packages_is_valid() -> None:
    assert_valid(written())


def test_the_integration_and_its_image_are_what_the_bill_is_of() -> None:
    bill = read(*ALL)
    itself = bill["metadata"]["component"]
    assert (itself["name"], itself["version"], itself["type"]) == ("jira", "1.2.3", "application")
    assert itself["properties"] == [{"name": "seatrial:image", "value": f"{SHIPPED.image}@{SHIPPED.digest}"}]
    assert itself["purl"].startswith(f"pkg:oci/port-ocean-jira@{SHIPPED.digest}?")
    assert bill["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"


def test_each_package_has_its_address_and_the_hash_of_each_file() -> None:
    app = component(read(*ALL), "app")
    assert app["purl"] == "pkg:pypi/app@1.0"
    assert app["properties"] == [{"name": "cdx:python:package:required-extra", "value": "cli"}]
    assert {one["url"] for one in app["externalReferences"]} == {
        "https://pypi.org/simple/app/#app-1.0.tar.gz",
        "https://pypi.org/simple/app/#app%201%230%25zz.whl",
    }
    assert app["externalReferences"][0]["hashes"] == [{"alg": "SHA-256", "content": HASH}]


def test_the_graph_leads_from_the_integration_to_every_dependency() -> None:
    graph = {one["ref"]: one.get("dependsOn", []) for one in read(APP, LIB)["dependencies"]}
    assert graph == {"integration": ["app@1.0"], "app@1.0": ["lib@1.0"], "lib@1.0": []}


@pytest.mark.parametrize(
    ("name", "purl", "address"),
    [
        (
            "fork",
            f"pkg:pypi/fork@1.0?vcs_url=git%2Bhttps://github.com/a/b%40{COMMIT}",
            f"git+https://github.com/a/b@{COMMIT}",
        ),
        ("wheel", "pkg:pypi/wheel@1.0?download_url=https://host/w.whl", "https://host/w.whl"),
        (
            "private",
            "pkg:pypi/private@1.0?repository_url=https://host/simple",
            "https://host/simple/private/#p.whl",
        ),
        ("beside", None, "../../be%20side%5B1%5D"),
        ("packed", None, "dist/p.whl"),
    ],
)
def test_a_package_from_elsewhere_says_from_where(name: str, purl: str | None, address: str) -> None:
    found = component(read(*ALL), name)
    assert found.get("purl") == purl
    assert [one["url"] for one in found["externalReferences"]] == [address]


def test_no_login_of_a_source_is_in_the_bill() -> None:
    assert b"secret" not in written(*ALL)


def test_a_package_of_another_group_than_main_says_so() -> None:
    project = PROJECT + b'[tool.poetry.group.docs.dependencies]\nlib = "*"\n'
    lock = APP + package("lib", files("l.whl"), '["docs"]') + METADATA
    bill = json.loads(bill_of_materials(SHIPPED, lock.encode(), project))
    assert component(bill, "lib")["properties"] == [{"name": "cdx:poetry:group", "value": "docs"}]


def test_the_serial_number_stands_for_type_version_and_digest() -> None:
    same, other = read(APP, LIB, LIB), read(APP, of=replace(SHIPPED, digest="sha256:" + "b" * 64))
    assert read(APP)["serialNumber"] == same["serialNumber"] != other["serialNumber"]


@pytest.mark.slow
def test_the_bytes_are_the_same_in_every_process() -> None:
    code = "import sys; from test_release_bom import ALL, written; sys.stdout.buffer.write(written(*ALL))"
    bills = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": os.pathsep.join((str(Path(__file__).parent), *sys.path)),
            },
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert bills == {written(*ALL)}


def test_several_at_once_do_not_disturb_one_another() -> None:
    with ThreadPoolExecutor(8) as pool:
        bills = list(pool.map(lambda number: written(*ALL) if number % 2 else written(APP, LIB), range(32)))
    assert set(bills[1::2]) == {written(*ALL)} and set(bills[::2]) == {written(APP, LIB)}


@pytest.mark.parametrize(
    ("lock", "project", "message"),
    [
        (None, PROJECT, 'there is no poetry.lock, which says what is installed; type "poetry lock"'),
        (b"= nonsense", PROJECT, "it cannot be read"),
        (b"", PROJECT, "it has no \\[metadata\\]"),
        (METADATA.encode(), b"= nonsense", "the pyproject.toml beside it cannot be read"),
        ((package("../evil") + METADATA).encode(), PROJECT, '"../evil" is no name of a package'),
        ((package("a", 'files = [{hash = "sha1:00"}]') + METADATA).encode(), PROJECT, "is no hash of a file"),
    ],
)
def test_a_bill_that_cannot_be_made_is_explained_in_a_line(
    lock: bytes | None, project: bytes, message: str
) -> None:
    with pytest.raises(BadLock, match=message) as fault:
        bill_of_materials(SHIPPED, lock, project)
    assert "\n" not in str(fault.value)


def test_three_hundred_packages_of_many_files_are_all_listed() -> None:
    many = [
        package(f"p{number}", files(*(f"{number}-{file}.whl" for file in range(20)))) for number in range(300)
    ]
    assert len(read(*many)["components"]) == 300
