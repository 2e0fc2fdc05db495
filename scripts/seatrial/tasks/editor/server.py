"""The language server: messages of an editor, answered from the verdicts on the workspace around its files."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote_from_bytes, unquote, urlsplit

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from seatrial import __version__
from seatrial.core.errors import SeatrialError
from seatrial.core.printable import one_line
from seatrial.core.rules import Rule
from seatrial.handbook.rule_examples import example
from seatrial.handbook.rule_pages import section
from seatrial.system.transaction import FileEdit
from seatrial.tasks.editor import changes, meaning, proposals
from seatrial.tasks.editor.diagnostics import GRADES, Shown, shown
from seatrial.tasks.editor.judge import Judge, Judged, Subject, Texts, repair
from seatrial.tasks.editor.overlay import OpenText, path_in
from seatrial.tasks.editor.positions import EditorPlace, Text
from seatrial.validate.rules import Rulebook
from seatrial.workspace.workspace import Workspace

T = TypeVar("T")

DELAY = 0.15
"""The seconds without a further change after which a text is judged."""

SOURCE = "seatrial"
FIX_ALL = "source.fixAll.seatrial"

KINDS: Mapping[str, types.CompletionItemKind] = {
    "kind": types.CompletionItemKind.Class,
    "blueprint": types.CompletionItemKind.Struct,
    "property": types.CompletionItemKind.Property,
    "relation": types.CompletionItemKind.Reference,
    "icon": types.CompletionItemKind.EnumMember,
    "section": types.CompletionItemKind.EnumMember,
    "value": types.CompletionItemKind.EnumMember,
    "key": types.CompletionItemKind.Field,
}


def file_of_uri(uri: str) -> str | None:
    """Return the absolute path that a `file` URI names; None for any other."""
    try:
        parts = urlsplit(uri)
        path = unquote(parts.path, errors="surrogateescape")
    except ValueError:
        return None
    is_file = parts.scheme == "file" and parts.netloc in ("", "localhost") and path.startswith("/")
    return os.path.normpath(path) if is_file and "\0" not in path else None


def uri_of_file(file: str) -> str:
    """Return the `file` URI of an absolute path."""
    return "file://" + quote_from_bytes(os.fsencode(file), safe="/")


class Server(LanguageServer):
    """A language server for the integrations that the open files belong to.

    It only takes note of messages; one worker judges, another answers questions, so that no message has to wait.
    """

    def __init__(self, opened: Callable[[Path], Workspace]) -> None:
        super().__init__("seatrial", __version__, types.TextDocumentSyncKind.Full)
        self._opened = opened
        self.uris: dict[str, str] = {}
        self.texts: dict[str, OpenText] = {}
        self.found: dict[str, dict[str, list[Shown]]] = {}
        self._checks = _Worker(Judge(opened))
        self._answers = _Worker(Judge(opened))
        self._pending: set[str] = set()
        self._changed: dict[str, int] = {}
        self._events = 0
        self._timer: asyncio.TimerHandle | None = None
        self._busy = False
        self._is_due = False
        self._told: set[str] = set()
        _register(self)

    @property
    def encoding(self) -> str:
        """The encoding in which the editor counts characters."""
        return str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding))

    def start(self, advice: bool) -> None:
        """Begin to judge, with or without advice, as the editor has asked."""
        self._checks = _Worker(Judge(self._opened, advice))

    def note_text(self, uri: str, version: int | None, is_saved: bool) -> None:
        """Take note of the text of an open document, and judge it soon."""
        file = file_of_uri(uri)
        if file is None:
            return
        text = self.workspace.get_text_document(uri).source
        before = self.texts.get(file)
        saved = text if is_saved or before is None else before.saved
        known = before.version if before else 0
        self.uris[file] = uri
        self.texts[file] = OpenText(text, saved, known if version is None else version)
        self._judge_soon([file], DELAY)

    def note_disk(self) -> None:
        """Judge everything that is open again, since files on the disk have changed."""
        self._checks.refresh()
        self._answers.refresh()
        self._judge_soon(self.texts, DELAY)

    def note_end(self, uri: str) -> None:
        """Forget a closed document, and the findings of its integration if no other text of that is open."""
        file = file_of_uri(uri)
        if file is None:
            return
        self.texts.pop(file, None)
        self.uris.pop(file, None)
        self._events += 1
        for folder in [folder for folder in self.found if file.startswith(folder)]:
            left = [one for one in self.texts if one.startswith(folder)]
            if left:
                self._judge_soon(left[:1], DELAY)
            else:
                self._publish(folder, {}, {})

    def _judge_soon(self, files: Iterable[str], delay: float) -> None:
        self._events += 1
        for file in files:
            self._pending.add(file)
            self._changed[file] = self._events
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay, self._judge_now)

    def _judge_now(self) -> None:
        self._is_due = self._busy
        if self._pending and not self._busy:
            self._busy = True
            self._task = asyncio.get_running_loop().create_task(self._judge())

    async def _judge(self) -> None:
        """Judge the integration of each waiting file, one after the other, and publish each as it is done."""
        files = sorted(self._pending)
        self._pending.clear()
        done: list[str] = []
        for file in files:
            if file not in self._pending and not any(file.startswith(folder) for folder in done):
                done += await self._judge_one(file)
        self._busy = False
        if self._is_due:
            self._judge_now()

    async def _judge_one(self, file: str) -> list[str]:
        """Judge the integration of a file as it is now, and return the folder, if there is one."""
        texts, begun, encoding = dict(self.texts), self._events, self.encoding
        try:
            found = await self._checks.do(lambda judge: _shown_of(judge, file, texts, encoding))
        except SeatrialError as wrong:
            self._tell(str(wrong))
            return []
        except Exception as failed:
            self._tell(f"a check failed: {type(failed).__name__}: {failed}; please report it")
            return []
        for judged, by_file in found:
            self._take(judged, by_file, texts, begun)
        return [judged.subject.folder for judged, _ in found]

    def _take(self, judged: Judged, by_file: Mapping[str, list[Shown]], texts: Texts, begun: int) -> None:
        """Publish the findings, unless a text of the integration has changed meanwhile, or none is open."""
        folder = judged.subject.folder
        ours = [file for file in self.texts if file.startswith(folder)]
        for crash in judged.crashes:
            self._tell(f"a rule failed: {crash}; please report it")
        if ours and not any(self._changed.get(file, 0) > begun for file in ours):
            self._publish(folder, by_file, texts)

    def _publish(self, folder: str, by_file: Mapping[str, list[Shown]], texts: Texts) -> None:
        before = self.found.pop(folder, {})
        if by_file:
            self.found[folder] = dict(by_file)
        for file in sorted({*before, *by_file} | {one for one in texts if one.startswith(folder)}):
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(
                    uri=self.uris.get(file) or uri_of_file(file),
                    diagnostics=[_diagnostic(one) for one in by_file.get(file, ())],
                    version=texts[file].version if file in texts else None,
                )
            )

    def _tell(self, text: str) -> None:
        """Tell the person of a failure, once for each text."""
        if text not in self._told and len(self._told) < 100:
            self._told.add(text)
            message = one_line(f"seatrial: {text}", 500)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))

    def warn(self, text: str) -> None:
        """Tell the person why something was not done."""
        message = one_line(f"seatrial: {text}", 500)
        self.window_show_message(types.ShowMessageParams(types.MessageType.Info, message))

    def findings_at(self, file: str, start: EditorPlace, end: EditorPlace) -> list[Shown]:
        """Return the shown findings that touch a range of a file."""
        found = [one for by_file in self.found.values() for one in by_file.get(file, ())]
        return [one for one in found if one.touches(start, end)]

    def findings_beside(self, file: str) -> list[Shown]:
        """Return the shown findings of the integration that a file belongs to."""
        groups = [by_file for folder, by_file in self.found.items() if file.startswith(folder)]
        return [one for by_file in groups for found in by_file.values() for one in found]

    async def ask(self, question: Callable[[Judge, Texts], T]) -> T:
        """Answer a question about the texts as they are now."""
        texts = dict(self.texts)
        return await self._answers.do(lambda judge: question(judge, texts))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Write an error in a message of the editor to the log, as it does not concern the person."""
        logging.getLogger(__name__).error("%s", one_line(str(error), 500))

    def end(self) -> None:
        """End the workers."""
        self._checks.end()
        self._answers.end()


class _Worker:
    """A thread with a judge of its own."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._thread = ThreadPoolExecutor(max_workers=1)

    async def do(self, work: Callable[[Judge], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._judge)

    def refresh(self) -> None:
        self._thread.submit(self._judge.refresh)

    def end(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


def _shown_of(
    judge: Judge, file: str, texts: Texts, encoding: str
) -> list[tuple[Judged, Mapping[str, list[Shown]]]]:
    """Return the findings of the integration of a file by file; nothing if it is in none."""
    judged = judge.judged(file, texts)
    return [(judged, shown(judged, texts, encoding))] if judged else []


def _diagnostic(one: Shown) -> types.Diagnostic:
    finding = one.finding
    return types.Diagnostic(
        range=_range(one.start, one.end),
        message=one.message,
        severity=types.DiagnosticSeverity(GRADES[finding.severity]),
        code=finding.code,
        source=SOURCE,
        data={"name": finding.name, "fingerprint": finding.fingerprint},
    )


def _range(start: EditorPlace, end: EditorPlace) -> types.Range:
    return types.Range(types.Position(start.line, start.character), types.Position(end.line, end.character))


def _place(position: types.Position) -> EditorPlace:
    return EditorPlace(position.line, position.character)


def _register(server: Server) -> None:
    """Register the handlers of the messages that the server answers."""
    _register_changes(server)
    server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=['"', "'", ":", " ", "$"])
    )(_complete)
    server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(
            code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL], resolve_provider=True
        ),
    )(_actions)
    server.feature(types.CODE_ACTION_RESOLVE)(_resolve)


def _register_changes(server: Server) -> None:
    @server.feature(types.INITIALIZED)
    async def initialized(server: Server, _: types.InitializedParams) -> None:
        await _watch(server)

    @server.feature(types.INITIALIZE)
    def initialize(server: Server, params: types.InitializeParams) -> None:
        options = params.initialization_options
        server.start(isinstance(options, dict) and options.get("advice") is True)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(server: Server, params: types.DidOpenTextDocumentParams) -> None:
        server.note_text(params.text_document.uri, params.text_document.version, is_saved=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(server: Server, params: types.DidChangeTextDocumentParams) -> None:
        server.note_text(params.text_document.uri, params.text_document.version, is_saved=False)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(server: Server, params: types.DidSaveTextDocumentParams) -> None:
        server.note_text(params.text_document.uri, None, is_saved=True)
        server.note_disk()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(server: Server, params: types.DidCloseTextDocumentParams) -> None:
        server.note_end(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def on_disk(server: Server, _: types.DidChangeWatchedFilesParams) -> None:
        server.note_disk()


async def _watch(server: Server) -> None:
    """Ask the editor to report changed files, if it can."""
    able = server.client_capabilities.workspace
    if able and able.did_change_watched_files and able.did_change_watched_files.dynamic_registration:
        watchers = [types.FileSystemWatcher(glob_pattern="**/*")]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
        registration = types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await server.client_register_capability_async(types.RegistrationParams([registration]))


@lru_cache(maxsize=64)
def _page(rule: Rule, own: tuple[Rule, ...]) -> str:
    return section(rule, example(rule, own))


async def _hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    file = file_of_uri(params.text_document.uri)
    if file is None or file not in server.texts:
        return None
    at = _place(params.position)
    found = server.findings_at(file, at, at)
    codes = dict.fromkeys(one.finding.code for one in found)
    encoding = server.encoding
    told = await server.ask(lambda judge, texts: _told(judge, texts, file, at, [*codes], encoding))
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, told)) if told else None


def _told(judge: Judge, texts: Texts, file: str, at: EditorPlace, codes: Sequence[str], encoding: str) -> str:
    """Return the pages of these rules; without codes, the meaning of the key at the place."""
    if codes:
        known = _subject(judge, texts, file)[0]
        own = known.workspace.own if known else ()
        return "\n\n".join(
            _page(rule, own if rule.origin else ()) for rule in map(Rulebook(own).find, codes) if rule
        )
    subject, path = _subject(judge, texts, file)
    if subject is None:
        return ""
    text = Text(texts[file].text, encoding)
    return meaning.meaning(subject.facts, path, *text.own(text.index_of(at)))


def _subject(judge: Judge, texts: Texts, file: str) -> tuple[Subject | None, str]:
    """Return the integration that a file belongs to, if any, and the file's path there."""
    subject = judge.subject(file, texts)
    found = path_in(subject.workspace, file) if subject else None
    return subject, found[1] if found else ""


async def _complete(server: Server, params: types.CompletionParams) -> types.CompletionList | None:
    file = file_of_uri(params.text_document.uri)
    if file is None or file not in server.texts:
        return None
    at, encoding = _place(params.position), server.encoding
    return await server.ask(lambda judge, texts: _completions(judge, texts, file, at, encoding))


def _completions(
    judge: Judge, texts: Texts, file: str, at: EditorPlace, encoding: str
) -> types.CompletionList:
    subject, path = _subject(judge, texts, file)
    text = Text(texts[file].text, encoding)
    index = text.index_of(at)
    found = proposals.offers(subject, path, text.text, index) if subject else []
    items = [
        types.CompletionItem(
            label=one.label,
            kind=KINDS[one.sort],
            detail=one.sort,
            filter_text=text.text[index - one.typed : index] + one.label if one.typed == 0 else one.label,
            text_edit=types.TextEdit(_range(text.position(index - one.typed), text.position(index)), one.new),
        )
        for one in found
    ]
    return types.CompletionList(is_incomplete=False, items=items)


@dataclass(frozen=True)
class _Wanted:
    """A repair that an editor asks for: of one finding, or of all if the fingerprint is empty."""

    file: str
    fingerprint: str


async def _actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    file = file_of_uri(params.text_document.uri)
    if file is None or file not in server.texts:
        return []
    at = server.findings_at(file, _place(params.range.start), _place(params.range.end))
    at += _of_missing_files(server, file) if params.range.start.line == 0 else []
    kinds = params.context.only or [types.CodeActionKind.QuickFix, FIX_ALL]
    found = [_action(file, one) for one in at if one.finding.is_fixable] if _asks(kinds, "quickfix") else []
    if _asks(kinds, FIX_ALL) and any(one.finding.is_fixable for one in server.findings_beside(file)):
        found.append(_fix_all(file))
    return found if _resolves(server) else [await _resolve(server, one) for one in found]


def _of_missing_files(server: Server, file: str) -> list[Shown]:
    """Return the findings about missing files, which cannot be opened; none if the editor cannot create files."""
    if types.ResourceOperationKind.Create not in _operations(server.client_capabilities):
        return []
    return [one for one in server.findings_beside(file) if not os.path.lexists(one.file)]


def _asks(kinds: Sequence[str | types.CodeActionKind], kind: str) -> bool:
    """Return whether an editor asks for actions of a kind, by its name or that of a broader kind."""
    stated = [str(getattr(one, "value", one)) for one in kinds]
    return any(kind == one or kind.startswith(f"{one}.") for one in stated)


def _action(file: str, one: Shown) -> types.CodeAction:
    return types.CodeAction(
        title=one_line(f"{one.finding.code}: {one.finding.fix.title if one.finding.fix else ''}", 200),
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[_diagnostic(one)],
        data={"file": file, "fingerprint": one.finding.fingerprint},
    )


def _fix_all(file: str) -> types.CodeAction:
    title = "Seatrial: repair all that is safe in this integration"
    return types.CodeAction(title=title, kind=FIX_ALL, data={"file": file, "fingerprint": ""})


def _resolves(server: Server) -> bool:
    """Return whether the editor asks for the edit of an action only when it is chosen."""
    able = server.client_capabilities.text_document
    support = able.code_action.resolve_support if able and able.code_action else None
    return support is not None and "edit" in support.properties


async def _resolve(server: Server, action: types.CodeAction) -> types.CodeAction:
    wanted = _wanted(action.data)
    if wanted is None or wanted.file not in server.texts:
        return action
    encoding = server.encoding
    edit, refused = await server.ask(lambda judge, texts: _edit(server, judge, texts, wanted, encoding))
    action.edit = edit
    if refused:
        server.warn(f"not applied: {refused}")
    return action


def _wanted(data: object) -> _Wanted | None:
    if not isinstance(data, dict):
        return None
    file, fingerprint = data.get("file"), data.get("fingerprint")
    return _Wanted(file, fingerprint) if isinstance(file, str) and isinstance(fingerprint, str) else None


def _edit(
    server: Server, judge: Judge, texts: Texts, wanted: _Wanted, encoding: str
) -> tuple[types.WorkspaceEdit | None, str]:
    """Return the edit of a proved repair, None if there is none, and why a repair was not applied."""
    subject = judge.subject(wanted.file, texts)
    if subject is None:
        return None, "the file is in no integration"
    files, refused = repair(subject, wanted.fingerprint)
    reason = refused[0].reason if refused and not files else ""
    needed = {_operation(one) for one in files} - {None}
    if not needed <= _operations(server.client_capabilities):
        return None, "it adds or removes files, which this editor cannot do; type `seatrial fix`"
    made = [step for one in files for step in _steps(server, subject, one, texts, encoding)]
    return (_workspace_edit(server, made) if made else None), reason


def _operation(edit: FileEdit) -> types.ResourceOperationKind | None:
    """Return what an editor has to do with the file itself; None if only the text changes."""
    if edit.before is None:
        return types.ResourceOperationKind.Create
    return types.ResourceOperationKind.Delete if edit.after is None else None


def _operations(able: types.ClientCapabilities) -> set[types.ResourceOperationKind]:
    """Return what an editor can do with files: nothing unless it takes an ordered list of changes."""
    support = able.workspace.workspace_edit if able.workspace else None
    return set(support.resource_operations or ()) if support and support.document_changes else set()


_Step = types.TextDocumentEdit | types.CreateFile | types.DeleteFile


def _steps(server: Server, subject: Subject, edit: FileEdit, texts: Texts, encoding: str) -> Iterator[_Step]:
    """Yield the steps for a file: delete it, or create it if need be, without overwriting, and edit it."""
    uri = uri_of_file(os.fspath(Path(subject.workspace.root, edit.path)))
    if edit.after is None:
        yield types.DeleteFile(uri=uri)
        return
    if edit.before is None:
        yield types.CreateFile(uri=uri)
    yield _document_edit(server, subject, edit, texts, encoding)


def _workspace_edit(server: Server, made: Sequence[_Step]) -> types.WorkspaceEdit:
    """Return the steps as an edit of the workspace, with versions of documents if the editor supports these."""
    able = server.client_capabilities.workspace
    if able and able.workspace_edit and able.workspace_edit.document_changes:
        return types.WorkspaceEdit(document_changes=list(made))
    plain = {
        one.text_document.uri: [edit for edit in one.edits if isinstance(edit, types.TextEdit)]
        for one in made
        if isinstance(one, types.TextDocumentEdit)
    }
    return types.WorkspaceEdit(changes=plain)


def _document_edit(
    server: Server, subject: Subject, edit: FileEdit, texts: Texts, encoding: str
) -> types.TextDocumentEdit:
    file, seen = subject.seen(edit.path, texts)
    after = (edit.after or b"").decode()
    after = after.removeprefix("\ufeff") if not seen.startswith("\ufeff") else after
    places = Text(seen, encoding)
    found = [
        types.TextEdit(_range(places.position(one.start), places.position(one.end)), one.new)
        for one in changes.changes(seen, after)
    ]
    document = types.OptionalVersionedTextDocumentIdentifier(
        uri=server.uris.get(file) or uri_of_file(file), version=texts[file].version if file in texts else None
    )
    return types.TextDocumentEdit(document, list(found))


def serve(opened: Callable[[Path], Workspace]) -> None:
    """Serve the editor on standard input and output until it ends; all other output goes to standard error."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    server = Server(opened)
    asked, told = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    try:
        server.start_io(os.fdopen(asked, "rb"), os.fdopen(told, "wb"))
    finally:
        server.end()
