"""An editor as the language server sees one: messages of the protocol over the pipes of one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from support.paths import SOURCES

PATIENCE = 30
"""Seconds until an answer that does not come fails the test."""


SEATRIAL = (sys.executable, "-m", "seatrial", "lsp")


class Editor:
    """A language server in its own process, and what an editor says to it."""

    def __init__(
        self, cwd: Path, encodings: tuple[str, ...] = (), command: Sequence[str] = SEATRIAL, **options: Any
    ) -> None:
        env = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**env, "PYTHONPATH": str(SOURCES)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.published: list[dict[str, Any]] = []
        self.messages: list[str] = []
        self.settings: dict[str, Any] = {}
        self._answers: dict[int, dict[str, Any]] = {}
        self._inbox: Queue[dict[str, Any]] = Queue()
        self._number = 0
        self._versions: dict[str, int] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        actions = {"resolveSupport": {"properties": ["edit"]}}
        self.capabilities = self.ask(
            "initialize",
            processId=None,
            rootUri=cwd.as_uri(),
            capabilities={
                "general": {"positionEncodings": list(encodings)} if encodings else {},
                "textDocument": {"codeAction": actions},
                "workspace": {
                    "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "delete"]}
                },
            },
            **options,
        )["capabilities"]
        self.say("initialized")

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream
        while header := stream.readline():
            length = int(header.split(b":")[1])
            while stream.readline() != b"\r\n":
                pass
            self._inbox.put(json.loads(stream.read(length)))

    def _write(self, **message: Any) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.process.stdin.flush()

    def _take(self, seconds: float) -> None:
        message = self._inbox.get(timeout=seconds)
        if message.get("method") == "textDocument/publishDiagnostics":
            self.published.append(message["params"])
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "window/showMessage":
            self.messages.append(message["params"]["message"])
        elif "method" in message and "id" in message:
            self._write(id=message["id"], result=self._told(message))
        elif "method" not in message:
            self._answers[message["id"]] = message

    def _told(self, message: dict[str, Any]) -> Any:
        """The answer to a request of the server: its settings, and nothing else."""
        if message["method"] != "workspace/configuration":
            return None
        return [self.settings.get(item.get("section")) for item in message["params"]["items"]]

    def say(self, method: str, **params: Any) -> None:
        """Send a notification."""
        self._write(method=method, params=params)

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and return its result."""
        self._number += 1
        self._write(id=self._number, method=method, params=params)
        while self._number not in self._answers:
            self._take(PATIENCE)
        answer = self._answers.pop(self._number)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def until(self, is_there: Any) -> None:
        """Take messages until something holds."""
        while not is_there():
            self._take(PATIENCE)

    def settled(self, seconds: float = 0.6) -> None:
        """Take messages until none has come for a while."""
        try:
            while True:
                self._take(seconds)
        except Empty:
            return

    def open(self, path: Path, text: str | None = None) -> str:
        """Open a document; return its URI."""
        uri, text = path.as_uri(), path.read_bytes().decode() if text is None else text
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._versions[uri] = 1
        self.say("textDocument/didOpen", textDocument=document)
        return uri

    def type(self, uri: str, text: str) -> None:
        """Change the whole text of a document."""
        self._versions[uri] += 1
        document = {"uri": uri, "version": self._versions[uri]}
        self.say("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])

    def close(self, uri: str) -> None:
        """Close a document."""
        self.say("textDocument/didClose", textDocument={"uri": uri})

    def codes(self, uri: str) -> list[str]:
        """The codes that are shown in a document."""
        return [one["code"] for one in self.diagnostics.get(uri, [])]

    def at(self, method: str, uri: str, line: int, character: int) -> Any:
        """Ask something of a place."""
        place = {"line": line, "character": character}
        return self.ask(f"textDocument/{method}", textDocument={"uri": uri}, position=place)

    def leave(self) -> int:
        """Close the pipes as an editor does that dies; return the exit status."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        return status
