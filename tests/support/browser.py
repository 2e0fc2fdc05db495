"""A real browser without a window, told what to do through the pipe of its own protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--mute-audio",
    "--remote-debugging-pipe", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip


CONTROLS = frozenset({
    "button", "link", "checkbox", "combobox", "DisclosureTriangle", "listbox", "radio", "searchbox", "slider", "switch",
    "tab", "textbox",
})  # fmt: skip
"""The roles of what a person can use on a page."""

NAMED = CONTROLS | {"dialog", "heading", "image", "navigation", "region", "table"}
"""The roles that a screen reader announces by a name."""


@dataclass(frozen=True)
class Node:
    """Something on a page as a screen reader is told of it; `level` is that of a heading, else 0."""

    role: str
    name: str
    focusable: bool = False
    level: int = 0


class Page:
    """The only page of a browser."""

    def __init__(self, told: int, said: int) -> None:
        self._told, self._said = told, said
        self._number = 0
        self._rest = b""
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return what the browser answers to a call; events that come before it are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._told, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            data = os.read(self._said, 1 << 20)
            assert data, "the browser has ended"
            self._rest += data
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message

    def look(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Give the page a size and a colour scheme."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, path: Path) -> None:
        """Load a file and wait until all of it is there."""
        self.events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        while not any(one.get("method") == "Page.loadEventFired" for one in self.events):
            self.events.append(self._next())

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page, waiting for a promise."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def picture(self, place: Path, *, whole: bool = False) -> None:
        """Save what is seen as a PNG, or the whole page."""
        done = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        place.write_bytes(base64.b64decode(done["data"]))

    def told(self) -> list[Node]:
        """Return the accessibility tree in its order, without what is ignored in it."""
        self.call("Accessibility.enable")
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [_node(one) for one in in_order(nodes) if not one["ignored"]]

    @property
    def complaints(self) -> list[str]:
        """What the browser found wrong since the page was opened: errors, and what the policy refused."""
        found = []
        for one in self.events:
            if one["method"] == "Log.entryAdded":
                found.append(one["params"]["entry"]["text"])
            elif one["method"] == "Runtime.exceptionThrown":
                found.append(str(one["params"]["exceptionDetails"]))
        return found

    @property
    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        sent = (one for one in self.events if one["method"] == "Network.requestWillBeSent")
        return [one["params"]["request"]["url"] for one in sent]


def in_order(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a tree as they are read, from its root on; they come in another order."""
    by_id = {one["nodeId"]: one for one in nodes}
    left = [nodes[0]["nodeId"]]
    while left:
        one = by_id[left.pop()]
        yield one
        left += reversed(one.get("childIds", []))


def _node(one: dict[str, Any]) -> Node:
    found = {each["name"]: each["value"].get("value") for each in one.get("properties", [])}
    name = str(one.get("name", {}).get("value", ""))
    return Node(one["role"]["value"], name, bool(found.get("focusable")), int(found.get("level") or 0))


@contextmanager
def browser() -> Iterator[Page]:
    """Yield the page of a new browser, which ends with the block."""
    assert PROGRAM
    read_told, told = os.pipe()
    said, write_said = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        shell = f'exec "$0" "$@" 3<&{read_told} 4>&{write_said}'
        command = ["bash", "-c", shell, PROGRAM, *_OPTIONS, f"--user-data-dir={home}"]
        environment = {**os.environ, "HOME": home}
        running = subprocess.Popen(
            command,
            pass_fds=(read_told, write_said),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_told)
        os.close(write_said)
        try:
            yield Page(told, said)
        finally:
            os.close(told)
            os.close(said)
            running.kill()
            running.wait()
