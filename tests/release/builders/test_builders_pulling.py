"""Base images that are fetched from a registry, here one that only serves the files of a layout by plain http."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.builders.base_images import missing_bases
from seatrial.release.builders.runner import InstalledBuilder
from seatrial.release.registry.media import INDEX, MANIFEST
from support import built
from support.bases import HERE, small_base
from support.builders_real import Order

pytestmark = pytest.mark.slow

PLATFORMS = (HERE, "linux/arm/v7")


@pytest.fixture
def registry(storage: Path) -> Iterator[str]:
    """The address of a registry with `small:1`, for two platforms; what was fetched from it is gone afterwards."""
    layout = storage / "served"
    if not layout.exists():
        small_base(layout, PLATFORMS)

    class Answer(BaseHTTPRequestHandler):
        default_request_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, data = _found(layout, self.path)
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    yield address
    server.shutdown()
    server.server_close()
    subprocess.run(["buildah", "rmi", f"{address}/small:1"], check=False, capture_output=True)


def _found(layout: Path, path: str) -> tuple[str, bytes]:
    """The media type and the bytes at a path of the registry; no type for what is not there."""
    what, _, which = path.removeprefix("/v2/").partition("small/")[2].partition("/")
    if path == "/v2/":
        return "application/json", b"{}"
    blob = built.blob(layout, built.entry(layout)["digest"] if which == "1" else which)
    if what not in ("manifests", "blobs") or not blob.is_file():
        return "", b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
    if what == "blobs":
        return "application/octet-stream", blob.read_bytes()
    return INDEX if which == "1" else MANIFEST, blob.read_bytes()


def test_a_base_of_a_registry_on_this_machine_is_fetched_by_plain_http(
    builder: InstalledBuilder, order: Order, registry: str, storage: Path
) -> None:
    base = f"{registry}/small:1"
    builder.ensure_base(base)
    top = built.entry(storage / "served")["digest"]
    own = json.loads(built.blob(storage / "served", top).read_text())["manifests"][0]["digest"]
    assert builder.digest(base) == (top if builder.name == "docker" else own)
    made = order(f"FROM {base}\nRUN echo x > /made\n")
    builder.build(made)
    assert "made" in built.files(made.into)


def test_each_platform_is_built_on_the_base_of_its_own(
    builder: InstalledBuilder, order: Order, registry: str
) -> None:
    made = order(f"FROM {registry}/small:1\nCOPY Dockerfile /\n", platforms=PLATFORMS)
    builder.build(made)
    listed = built.manifest(made.into)["manifests"]
    assert [one["platform"]["architecture"] for one in listed] == [HERE.split("/")[1], "arm"]


def test_a_missing_base_image_is_reported_in_one_line(
    builder: InstalledBuilder, order: Order, registry: str
) -> None:
    made = order(f"ARG RUNNER={registry}/small:2\nFROM $RUNNER\n")
    (line,) = missing_bases(builder, made.context, [("Dockerfile", {})])
    assert line.startswith(f'base image "{registry}/small:2" (ARG RUNNER in Dockerfile:1) cannot be pulled: ')
    assert "manifest unknown" in line or "not found" in line
    assert "\n" not in line
    with pytest.raises(ServiceError, match=r"manifest unknown|not found"):
        builder.build(made)
