"""Layers as builders write them, and as an attacker would."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
import tracemalloc
from dataclasses import replace

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Manifest
from seatrial.release.registry import archives, layers
from seatrial.release.registry.archives import UnreadForm
from seatrial.release.registry.layers import Content, Licence, SystemPackage, content_of
from support.images_made import digest_of
from support.layered import SITE, Layered, archive, package
from support.memory_images import MemoryImages

ONE, TWO = package("one", "1.0"), package("two", "2.0")


def found(*stored: bytes) -> list[str]:
    """Return the packages in an image of these layers, as they are unpacked."""
    images = MemoryImages()
    has = content_of(images, "x", Layered(stored).send(images, "x"))
    assert has.diff_ids == tuple(digest_of(one) for one in stored)
    return [f"{one.name} {one.version} in {one.layer}" for one in has.packages]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_packages_are_found_whatever_the_form_of_the_archive(form: int) -> None:
    assert found(archive({**ONE, "app/main.py": b"x" * 1000, **TWO}, form)) == [
        "one 1.0 in 0",
        "two 2.0 in 0",
    ]


def content(*stored: bytes) -> Content:
    images = MemoryImages()
    return content_of(images, "x", Layered(stored).send(images, "x"))


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("License-Expression: MIT OR ISC\nLicense: x\n", Licence("MIT OR ISC")),
        ("license: BSD-3-Clause\nClassifier: License :: OSI Approved :: BSD License\n",
         Licence("BSD-3-Clause", ("BSD License",))),
        ("Classifier: License :: Public Domain\nClassifier: License :: OSI Approved\nLicense: UNKNOWN\n",
         Licence("", ("Public Domain",))),
        ("License: " + "x" * 300 + "\nClassifier: Programming Language :: Python\n", Licence()),
        ("\nLicense: MIT\n", Licence()),
    ],
)  # fmt: skip
def test_the_licence_is_what_the_package_states(head: str, wanted: Licence) -> None:
    [path] = ONE
    [one] = content(
        archive({path: f"Name: one\nVersion: 1.0\n{head}\nLicense: of the text\n".encode()})
    ).packages
    assert (one.name, one.licence) == ("one", wanted)


DPKG = """\
Package: curl
Status: install ok installed
Architecture: amd64
Version: 7.88
Description: gets
 Package: not this

Package: gone
Status: deinstall ok config-files

Package: ../x
Status: install ok installed
"""


def test_the_packages_of_the_system_are_those_of_the_last_layer_that_lists_them() -> None:
    named = {"etc/os-release": b'ID=debian\nVERSION_ID="12"\n'}
    listed = archive({layers.DPKG: DPKG.encode(), **named})
    curl = SystemPackage("deb", "curl", "7.88", "amd64", system=("debian", "12"))
    assert content(listed).system == (curl,)
    newer = archive({layers.DPKG: DPKG.replace("7.88", "7.89").encode()})
    assert content(listed, newer).system == (replace(curl, version="7.89"),)
    assert content(listed, archive({"var/lib/.wh.dpkg": b""})).system == ()
    apk = archive({layers.APK: b"P:musl\nV:1.2\nA:x86_64\nL:MIT\n\nP:\nV:1\n"})
    assert content(apk).system == (SystemPackage("apk", "musl", "1.2", "x86_64", Licence("MIT")),)


def test_a_list_of_the_system_s_packages_that_is_too_long_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = archive({layers.APK: b"P:a\nV:1\n\nP:b\nV:1\n"})
    with monkeypatch.context() as patch:
        patch.setattr(layers, "MAX_PACKAGES", 1)
        with pytest.raises(ValueError, match="more than 1 packages of the system"):
            content(listed)
    monkeypatch.setattr(layers, "MAX_SYSTEM", 5)
    assert content(listed).system == ()


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_long_name_is_read(form: int) -> None:
    deep = package("one", "1.0", "a" * 90 + "/" + "b" * 90 + "/é/site-packages")
    assert found(archive({**deep, **TWO}, form)) == ["one 1.0 in 0", "two 2.0 in 0"]


def name_of(files: dict[str, bytes]) -> str:
    return next(iter(files))


@pytest.mark.parametrize(
    "gone",
    [
        {f"{SITE}/.wh.one-1.0.dist-info": b""},
        {f"./{SITE}/one-1.0.dist-info/.wh.METADATA": b""},
        {"app/.wh..venv": b""},
        {"app/.wh..wh..opq": b""},
        {"app/.venv": b"now a file"},
        {"x/../app/.wh..venv": b""},
    ],
)
def test_what_a_later_layer_removes_is_not_there(gone: dict[str, bytes]) -> None:
    assert found(archive(ONE), archive(gone)) == []
    assert found(archive(gone), archive(ONE)) == ["one 1.0 in 1"]
    kept = [f"{SITE}/.wh.on", "app/.wh.venv", "app/.venv/bin/python", f"{SITE}/one/.wh..wh..opq"]
    assert found(archive(ONE), archive(dict.fromkeys(kept, b""))) == ["one 1.0 in 0"]


def test_a_package_of_a_later_layer_replaces_one() -> None:
    again = {name_of(ONE): b"Name: one\r\nVersion: 1.1\r\n\r\n"}
    assert found(archive(ONE), archive(again)) == ["one 1.1 in 1"]


def test_other_forms_of_packages_and_links_are_named_by_their_folder() -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        link = tarfile.TarInfo(name_of(ONE))
        link.type, link.linkname = tarfile.LNKTYPE, "cache/METADATA"
        tar.addfile(link)
    eggs = {
        "usr/lib/python3/dist-packages/apt-2.6.egg-info": b"Name: python-apt\nVersion: 2.6.0\n",
        "usr/lib/python3/dist-packages/six-1.16.egg-info/PKG-INFO": b"",
        "usr/lib/site-packages/setuptools/_vendor/wheel-1.dist-info/METADATA": b"Name: wheel\nVersion: 1\n",
    }
    assert found(data.getvalue(), archive(eggs)) == [
        "one 1.0 in 0",
        "python-apt 2.6.0 in 1",
        "six 1.16 in 1",
    ]


def header(kind: bytes = b"0", size: bytes = b"00000000000", name: bytes = b"x") -> bytes:
    block = bytearray(512)
    block[: len(name)] = name
    block[124 : 124 + len(size)] = size
    block[156:157] = kind
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


HOSTILE = {
    "no archive": b"not a tar archive" * 100,
    "cut": archive(ONE)[:700],
    "a wrong sum": archive(ONE)[:148] + b"0000000\0" + archive(ONE)[156:],
    "a size in words": header(size=b"a lot of it"),
    "a size beyond all": header(size=b"\xff" * 12),
    "a negative name": header(b"L", b"77777777777"),
    "a large header": header(b"x", b"00001000000") + bytes(1 << 18),
    "a header of nothing": header(b"x", b"00000000004") + b"0 a=" + bytes(508),
    "a header of letters": header(b"x", b"00000000010") + b"9 size=x" + bytes(504),
    "an owner of letters": header(b"x", b"00000000010") + b"8 uid=x\n" + bytes(504) + header(),
    "an unknown type": header(b"Z"),
    "a long name": header(b"L", b"00000020000") + b"a" * 8192 + header(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_malformed_layer_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="it has a layer"):
        found(HOSTILE[name])


def test_a_bomb_is_refused_before_it_takes_time_or_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE", 256 * 1024)
    images, bomb = MemoryImages(), header(size=b"77777777777") + bytes(4 * 1024**2)
    manifest = Layered([bomb]).send(images, "x")
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="unpacks to more than"):
            content_of(images, "x", manifest)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_too_many_entries_packages_or_layers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 5)
    monkeypatch.setattr(layers, "MAX_PACKAGES", 1)
    monkeypatch.setattr(layers, "MAX_LAYERS", 3)
    with pytest.raises(ValueError, match="more than 5 entries"):
        found(archive(dict.fromkeys("abcdefgh", b"")))
    with pytest.raises(ValueError, match="more than 1 packages"):
        found(archive({**ONE, **TWO}))
    with pytest.raises(ValueError, match="has 4 layers"):
        found(*[archive({})] * 4)


def test_bytes_that_are_not_those_of_the_digest_are_not_looked_at() -> None:
    images = MemoryImages()
    manifest = Layered([archive(ONE)]).send(images, "x")
    for key in [key for key in images.blobs if images.blobs[key][:2] == b"\x1f\x8b"]:
        images.blobs[key] = gzip.compress(archive(TWO))
    with pytest.raises(ServiceError, match="does not"):
        content_of(images, "x", manifest)
    stated = manifest.data.replace(b'+gzip"', b'+zstd"')
    with pytest.raises(UnreadForm, match="sparse"):
        found(header(b"S"))
    with pytest.raises(UnreadForm, match="sparse"):
        found(header(b"x", b"00000000026") + b"22 GNU.sparse.major=1\n" + bytes(490) + header())
    with pytest.raises(UnreadForm, match="zstd"):
        content_of(images, "x", Manifest(stated, manifest.media_type))


def test_the_blanks_of_a_metadata_take_no_time_in_the_cube_of_their_number() -> None:
    blanks = b" " * 60_000
    began = time.monotonic()
    files = {
        f"{SITE}/one-1.0.dist-info/METADATA": b"Name:" + blanks + b"x" * 250 + b"\nVersion: 1.0 \r\n\r\n"
    }
    assert found(archive(files)) == ["one 1.0 in 0"]
    assert time.monotonic() - began < 2


def status(**fields: str) -> bytes:
    stated = {"Package": "curl", "Status": "install ok installed", "Version": "1"} | fields
    return "".join(f"{name}: {value}\n" for name, value in stated.items() if value).encode()


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"Status": "hold ok installed"}, ["1"]),
        ({"Status": "deinstall ok config-files"}, []),
        ({"Version": ""}, [""]),
        ({"Version": "\x1b[31m1"}, [""]),
        ({"Version": "1" * 2000}, [""]),
        ({"Version": "2:1.0~rc1+b2-3"}, ["2:1.0~rc1+b2-3"]),
        ({"Architecture": "\x1b]0;x\x07"}, ["1"]),
        ({"Package": "cu\x1b[2Jrl"}, []),
    ],
)
def test_of_a_package_of_the_system_only_what_can_be_true_is_taken(
    fields: dict[str, str], wanted: list[str]
) -> None:
    has = content(archive({layers.DPKG: status(**fields)})).system
    assert [one.version for one in has] == wanted
    assert {one.architecture for one in has} <= {""}


def test_a_licence_of_any_length_is_none() -> None:
    listed = archive({layers.APK: b"P:a\nV:1\nL:" + b"MIT OR " * 1000 + b"MIT\n"})
    assert content(listed).system == (SystemPackage("apk", "a", "1", ""),)


def test_a_list_that_is_too_long_hides_the_one_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MAX_SYSTEM", 100)
    twice = io.BytesIO()
    with tarfile.open(fileobj=twice, mode="w") as written:
        for data in (status(), status(Description="x" * 100)):
            entry = tarfile.TarInfo(layers.DPKG)
            entry.size = len(data)
            written.addfile(entry, io.BytesIO(data))
    assert content(twice.getvalue()).system == ()


@pytest.mark.parametrize(
    "value", [b"x" + b" " * 60_000 + b"y", b"a :: " * 12_000 + b"\rb"], ids=["spaces", "parts"]
)
def test_no_classifier_takes_long_to_read(value: bytes) -> None:
    [path] = ONE
    listed = archive({path: b"Name: one\nVersion: 1.0\nClassifier: License :: " + value + b"\n"})
    before = time.process_time()
    assert [one.licence for one in content(listed).packages] == [Licence()]
    assert time.process_time() - before < 1


def test_only_so_many_classifiers_are_kept() -> None:
    [path] = ONE
    many = "".join(f"Classifier: License :: OSI Approved :: {number}\n" for number in range(4_000))
    [one] = content(archive({path: f"Name: one\nVersion: 1.0\n{many}".encode()})).packages
    assert one.licence.kinds == tuple(map(str, range(20)))


def test_packages_in_folders_that_are_too_deep_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MAX_PATHS", 1_000)
    with pytest.raises(ValueError, match="too deep"):
        found(archive(package("one", "1.0", "a/" * 300 + "site-packages")))
